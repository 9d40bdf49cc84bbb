// A page that a job has for itself: a module with a topology may export `page` beside it. The server serves
// its files, which read what every client can: /watch and /stores.
import { TopologyError } from './errors.ts'

/** A page of a job, as `definePage` makes it. */
export interface JobPage {
  /** What the links to it say. */
  readonly title: string
  /** Its files, each served under its name; `index.html` is what is seen first. */
  readonly files: readonly URL[]
}

/**
 * Defines a page of a job. Its files are read when the job starts, and served under `/job/`, where nothing but
 * what this server has can be loaded, and nothing inline.
 * @throws TopologyError when there is no `index.html`, or two files have one name.
 */
export function definePage({ title, files }: JobPage): JobPage {
  const names = files.map(fileName)
  if (!names.includes('index.html')) throw new TopologyError(title, 'a page needs an index.html')
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw new TopologyError(title, `two files of the page are ${twice}`)
  return Object.freeze({ title, files: Object.freeze([...files]) })
}

/** The name under which a file is served. */
export function fileName({ pathname }: URL): string {
  return decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1))
}

/**
 * What a module exports as `page`; undefined where it exports nothing.
 * @throws TopologyError when it is no page.
 */
export function assertPage(page: unknown, where: string): JobPage | undefined {
  if (page === undefined || isPage(page)) return page
  throw new TopologyError(where, 'export `page` as what definePage makes, or not at all')
}

function isPage(page: unknown): page is JobPage {
  const { title, files } = (page ?? {}) as Partial<JobPage>
  return typeof title === 'string' && Array.isArray(files)
}
