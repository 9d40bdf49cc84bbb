import { expect } from 'chai'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { startServer, ServerError, type RunningServer } from '../../server/http-server.ts'
import type { ServerOptions } from '../../server/http-server.ts'
import type { Health } from '../../server/sources.ts'
import { until } from '../support/until.ts'

describe('the server', () => {
  let server: RunningServer
  let health: Health
  let progress: unknown[]
  const watchers = new Set<(report: unknown) => void>()
  const reportOf = (batchId: number) => ({
    batchId,
    batchDuration: 100,
    numInputRows: 1,
    durationMs: {},
    sink: { numOutputRows: 1 },
  })
  const errors: [unknown, string][] = []
  const options: ServerOptions = {
    host: '127.0.0.1',
    port: 0,
    applicationId: 'calls <&> "codes"',
    metrics: () => [],
    health: () => health,
    progress: () => progress,
    watchProgress(watch) {
      watchers.add(watch)
      return () => watchers.delete(watch)
    },
    state: {
      stores: [],
      ask: () => Promise.reject(new Error('nobody asks')),
      peers: () => [],
    },
    config: () => ({ hash: 'a1', changes: [] }),
    topology: () => 'Topologies:\n   Sub-topology: 0\n',
    onError: (error, path) => errors.push([error, path]),
  }

  beforeEach(async () => {
    health = { status: 'ok', reasons: [], details: { state: 'RUNNING' } }
    progress = []
    errors.length = 0
    server = await startServer(options)
  })
  afterEach(() => server.close())

  it('listens on the loopback address and says where', () => {
    expect(server.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
  })

  it('says that it is well, or not and why', async () => {
    const well = await fetch(`${server.url}/healthz`)
    expect(well.status).to.equal(200)
    expect(await well.json()).to.deep.equal({
      status: 'ok',
      applicationId: options.applicationId,
      reasons: [],
      state: 'RUNNING',
    })
    health = { status: 'failing', reasons: ['stream-thread-2 hangs'] }
    const ill = await fetch(`${server.url}/healthz`)
    expect(ill.status).to.equal(503)
    expect(await ill.json()).to.deep.include({ reasons: ['stream-thread-2 hangs'] })
  })

  it('gives the last progress report, and null before the first', async () => {
    expect(await (await fetch(`${server.url}/progress`)).json()).to.equal(null)
    progress = [{ batchId: 3 }, { batchId: 4 }]
    const reply = await fetch(`${server.url}/progress?pretty`)
    expect(reply.headers.get('content-type')).to.equal('application/json; charset=utf-8')
    expect(await reply.json()).to.deep.equal({ batchId: 4 })
    const recent = await fetch(`${server.url}/progress/recent`)
    expect(await recent.json()).to.deep.equal(progress)
  })

  it('sends each progress report as it comes, the last one at once, until nobody listens', async () => {
    progress = [reportOf(3)]
    const reply = await fetch(`${server.url}/progress/events`)
    expect(reply.headers.get('content-type')).to.equal('text/event-stream')
    const lines = reply.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const readTo = async (batchId: number) => {
      while (!text.includes(`data: ${JSON.stringify(reportOf(batchId))}\n\n`)) {
        text += (await lines.read()).value ?? ''
      }
    }
    await readTo(3)
    for (const watch of watchers) watch(reportOf(4))
    await readTo(4)
    await lines.cancel()
    // The history watches as long as the server lives.
    await until('it is let go', () => watchers.size === 1)
  })

  it('takes no more watchers than it has room for', async () => {
    const replies = await Promise.all(
      Array.from({ length: 33 }, () => fetch(`${server.url}/progress/events`)),
    )
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([
      ...Array<number>(32).fill(200),
      503,
    ])
    for (const { body } of replies) await body!.cancel()
    await until('they are let go', () => watchers.size === 1)
    const again = await fetch(`${server.url}/progress/events`)
    expect(again.status).to.equal(200)
    await again.body!.cancel()
  })

  it('tells the settings in effect and what edits did, where they are known', async () => {
    const reply = await fetch(`${server.url}/config`)
    expect(reply.headers.get('content-type')).to.equal('application/json; charset=utf-8')
    expect(await reply.json()).to.deep.equal({ hash: 'a1', changes: [] })
  })

  it('prints the topology as text', async () => {
    const reply = await fetch(`${server.url}/topology`)
    expect(reply.headers.get('content-type')).to.equal('text/plain; charset=utf-8')
    expect(await reply.text()).to.equal(options.topology())
  })

  it('says at / what is where, and lets no name become markup', async () => {
    const page = await (await fetch(server.url)).text()
    const paths = [...page.matchAll(/href="([^"]+)"/g)].map(([, path]) => path)
    expect(paths.filter((path) => !/#|assets/.test(path ?? ''))).to.deep.equal([
      ...['/', '/metrics', '/healthz', '/progress', '/progress/recent', '/progress/events'],
      ...['/history', '/history/events', '/status', '/stores', '/watch', '/config'],
      ...['/panels', '/topology', '/topology.json'],
    ])
    for (const path of paths) {
      const { status, body } = await fetch(`${server.url}${path}`)
      // What is to be watched must be named.
      expect([path, status]).to.deep.equal([path, path === '/watch' ? 400 : 200])
      await body!.cancel()
    }
    expect(page).to.include('calls &#60;&#38;&#62; &#34;codes&#34;').and.not.include('<&>')
  })

  it('lets the page load what is served here, and nothing else anything', async () => {
    const { headers } = await fetch(server.url)
    const policy = headers.get('content-security-policy')
    expect(policy).to.include("default-src 'none'").and.include("script-src 'self'")
    expect(policy).to.include("frame-ancestors 'none'").and.not.include('unsafe')
    for (const path of ['/status', '/assets/main.js', '/metrics']) {
      const reply = await fetch(`${server.url}${path}`)
      expect(reply.headers.get('content-security-policy'), path).to.equal("default-src 'none'")
      expect(reply.headers.get('x-content-type-options')).to.equal('nosniff')
      expect(reply.headers.get('cross-origin-resource-policy')).to.equal('same-origin')
    }
  })

  it('serves every module that a module of the page imports', async () => {
    const known = new Set<string>()
    const visit = async (path: string): Promise<void> => {
      if (known.has(path)) return
      known.add(path)
      const reply = await fetch(`${server.url}${path}`)
      expect(reply.status, path).to.equal(200)
      const imports = (await reply.text()).matchAll(/^(?:import|\} from) .*?["'](\.[^"']+)["']/gm)
      for (const [, name = ''] of imports) await visit(new URL(name, `http://x${path}`).pathname)
    }
    await visit('/assets/main.js')
    expect(known.size).to.be.greaterThan(8)
  })

  it('tells threads and panels only where the application does', async () => {
    const read = async (path: string): Promise<unknown> =>
      (await fetch(`${server.url}${path}`)).json()
    expect(await read('/status')).to.deep.include({ state: 'unknown', threads: [], tasks: [] })
    expect(await read('/panels')).to.deep.equal([])
    expect(await read('/topology.json')).to.deep.include({ subtopologies: [] })
  })

  it('answers HEAD as GET, without the body', async () => {
    const get = await fetch(`${server.url}/topology`)
    const head = await fetch(`${server.url}/topology`, { method: 'HEAD' })
    expect(head.status).to.equal(200)
    expect(head.headers.get('content-length')).to.equal(get.headers.get('content-length'))
    expect(await head.text()).to.equal('')
  })

  it('knows no other path and takes nothing in', async () => {
    for (const path of ['/nothing', '/metrics/', '//', '/%00', '/../package.json']) {
      expect((await fetch(`${server.url}${path}`)).status, path).to.equal(404)
    }
    const post = await fetch(`${server.url}/metrics`, { method: 'POST', body: 'x'.repeat(100_000) })
    expect(post.status).to.equal(405)
    expect(post.headers.get('allow')).to.equal('GET, HEAD')
  })

  it('refuses what is not HTTP and goes on', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.end('no request\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).to.match(/^HTTP\/1\.1 400 /)
    expect((await fetch(`${server.url}/healthz`)).status).to.equal(200)
  })

  it('answers 500 when a source throws, and tells its owner', async () => {
    const cause = new Error('no topology')
    const failing = await startServer({
      ...options,
      topology: () => {
        throw cause
      },
    })
    const reply = await fetch(`${failing.url}/topology`)
    await failing.close()
    expect(reply.status).to.equal(500)
    expect(await reply.text()).not.to.include(cause.message)
    expect(errors).to.deep.equal([[cause, '/topology']])
  })

  it('names the setting when its port is taken or its host is elsewhere', async () => {
    const port = Number(new URL(server.url).port)
    const taken = await startServer({ ...options, port }).catch((error: unknown) => error)
    expect(taken).to.be.instanceOf(ServerError).and.have.property('code', 'MILLRACE_SERVER_PORT')
    expect(taken).to.have.property('message').that.includes(`server.port=${port} on 127.0.0.1`)
    const elsewhere = await startServer({ ...options, host: '192.0.2.1' }).catch((e: unknown) => e)
    expect(elsewhere).to.have.property('code', 'MILLRACE_SERVER_HOST')
    const noPort = await startServer({ ...options, port: 70_000 }).catch((e: unknown) => e)
    expect(noPort).to.have.property('code', 'MILLRACE_SERVER_PORT')
  })

  it('closes at once, whatever connections are kept alive or half open', async () => {
    const agent = new Agent({ keepAlive: true })
    const kept = httpRequest(`${server.url}/healthz`, { agent }).end()
    const [response] = (await once(kept, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    const half = connect(Number(new URL(server.url).port), '127.0.0.1')
    half.write('GET /healthz HTTP/1.1\r\n')
    half.on('error', () => undefined)
    await once(half, 'connect')
    const startedMs = performance.now()
    await Promise.all([server.close(), server.close()])
    expect(performance.now() - startedMs).to.be.below(1_500)
    agent.destroy()
    half.destroy()
  })
})
