// The page that a job has for itself, under /job/: its files, read once. cli/ makes it of what the job's module
// exports; routes.ts answers with it.
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileName, type JobPage } from '../topology/job-page.ts'
import { JOB_PATH, PAGE_HEADERS } from './page.ts'
import { plain, type Reply } from './reply.ts'

export { JOB_PATH } from './page.ts'

/** The files of a page by name. */
export interface JobFiles {
  readonly title: string
  readonly files: ReadonlyMap<string, Reply>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Reads a page. @throws Error when a file is not there, or of a kind that is not served. */
export function readJobPage({ title, files }: JobPage): JobFiles {
  const replies = files.map((file) => {
    const name = fileName(file)
    const contentType = TYPES[extname(name)]
    if (contentType === undefined) {
      throw new Error(`${name}: files of a page are ${Object.keys(TYPES).join(', ')}`)
    }
    const body = readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n')
    const headers = extname(name) === '.html' ? PAGE_HEADERS : {}
    return [name, { status: 200, contentType, body, headers }] as const
  })
  return { title, files: new Map(replies) }
}

/** Answers `/job/` and `/job/FILE`. @param target path and query of the request. */
export function jobPageReply({ files }: JobFiles, target: string): Reply {
  const { pathname } = new URL(target, 'http://localhost')
  const name = pathname.slice(JOB_PATH.length) || 'index.html'
  return files.get(name) ?? plain(404, `the page of the job has no file ${name}`)
}
