// The page that a job has for itself: what is served of it, and what a module must export for it.
import { expect } from 'chai'
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { definePage } from '../../index.ts'
import { startServer, type RunningServer } from '../../server/http-server.ts'
import { readJobPage, type JobFiles } from '../../server/job-page.ts'
import { assertPage } from '../../topology/job-page.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'

describe('the page of a job', () => {
  const directory = temporaryDirectory()
  let server: RunningServer | undefined

  const fileOf = (name: string, text: string): URL => {
    const path = directory(name)
    writeFileSync(path, text)
    return pathToFileURL(path)
  }
  const serve = async (jobPage?: JobFiles): Promise<string> => {
    server = await startServer({
      port: 0,
      applicationId: 'visits',
      metrics: () => [],
      health: () => ({ status: 'ok', reasons: [] }),
      progress: () => [],
      watchProgress: () => () => undefined,
      topology: () => '',
      ...(jobPage && { jobPage }),
      onError: (error) => {
        throw error
      },
    })
    return server.url
  }
  afterEach(() => server?.close())

  it('is served under /job/, may load what is served here, and is linked', async () => {
    const files = [
      fileOf('index.html', '<!doctype html><title>Visits</title>'),
      fileOf('main.js', 'export {}\n//# sourceMappingURL=main.js.map\n'),
    ]
    const url = await serve(readJobPage(definePage({ title: 'Visits <now>', files })))
    const index = await fetch(`${url}/job/`)
    expect(await index.text()).to.equal('<!doctype html><title>Visits</title>')
    expect(index.headers.get('content-type')).to.equal('text/html; charset=utf-8')
    expect(index.headers.get('content-security-policy')).to.include("script-src 'self'")
    const script = await fetch(`${url}/job/main.js?v=1`)
    expect(script.headers.get('content-type')).to.equal('text/javascript; charset=utf-8')
    expect(await script.text()).to.equal('export {}\n')
    expect((await fetch(`${url}/job`)).url).to.equal(`${url}/job/`)
    for (const path of ['/job/main.ts', '/job/../package.json', '/job/%2e%2e%2fpackage.json']) {
      expect([path, (await fetch(url + path)).status]).to.deep.equal([path, 404])
    }
    const links = await (await fetch(url)).text()
    expect(links).to.include('<a href="/job/">Visits &#60;now&#62;</a>')
  })

  it('is nowhere where the job has none', async () => {
    const url = await serve()
    expect((await fetch(`${url}/job/`)).status).to.equal(404)
    expect(await (await fetch(url)).text()).not.to.include('/job/')
  })

  it('needs an index.html, names that differ, files that are there and of a known kind', () => {
    const at = (name: string): URL => pathToFileURL(directory(name))
    const define = (...files: URL[]) => definePage({ title: 'Visits', files })
    expect(() => define(at('main.js'))).to.throw('Visits: a page needs an index.html')
    const twice = [at('index.html'), new URL('http://x/index.html')]
    expect(() => define(...twice)).to.throw('two files of the page are index.html')
    expect(() => readJobPage(define(at('a/index.html')))).to.throw('ENOENT')
    expect(() => readJobPage(define(at('index.html'), at('main.ts')))).to.throw('main.ts: files of')
    expect(assertPage(undefined, 'job.js')).to.equal(undefined)
    expect(() => assertPage([], 'job.js')).to.throw(
      'job.js: export `page` as what definePage makes',
    )
  })
})
