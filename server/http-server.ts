// The HTTP side of an application: read only, on the main thread, so that it answers while the stream
// threads are busy. cli/ starts it; node:http does all that a few routes need.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EventStreams } from './event-stream.ts'
import { Ingest, TOPICS_PATH } from './ingest.ts'
import { plain, type EventReply, type Reply } from './reply.ts'
import { startHistory, type RunningHistory } from './history-clock.ts'
import { BRANCHES, ENDPOINT_PATHS, ROUTES } from './routes.ts'
import type { KeptSources, ServerSources } from './sources.ts'
import { StoreWatches } from './store-watches.ts'

export interface ServerOptions extends ServerSources {
  /** Address to listen on; `server.host`, 127.0.0.1 by default: nothing here asks who is calling. */
  readonly host?: string
  /** `server.port`, 8080 by default; 0 takes a free one. */
  readonly port?: number
  /** Told when a route threw; the caller of the route got a 500. */
  readonly onError: (error: unknown, path: string) => void
}

export interface RunningServer {
  /** `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string
  /** Takes no more requests, lets those in work end, and resolves within half a second. */
  close(): Promise<void>
}

export type ServerErrorCode = 'MILLRACE_SERVER_PORT' | 'MILLRACE_SERVER_HOST'

/** The server could not listen. The message names the setting to change. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: ServerErrorCode

  constructor(code: ServerErrorCode, message: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

const CLOSE_MS_MAX = 500
/** Each may have an answer of some megabytes that it does not read. */
const CONNECTIONS_MAX = 256
const REQUEST_MS_MAX = 5_000

/**
 * Serves the routes until closed.
 * @throws ServerError when the port is taken or the host is not this machine's.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 8080 } = options
  const streams = new EventStreams()
  const history = startHistory(options)
  const { state, ingest, onError } = options
  const posts = ingest && new Ingest(ingest)
  const watches = state && new StoreWatches(state, (error) => onError(error, '/watch'))
  const server = createServer(
    {
      requestTimeout: REQUEST_MS_MAX,
      headersTimeout: REQUEST_MS_MAX,
      // Whoever sends slowly is let go when it is time, and not when somebody happens to look.
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
    },
    (request, response) =>
      void answer({ ...options, history, watches, posts }, streams, request, response),
  )
  server.maxConnections = CONNECTIONS_MAX
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    history.stop()
    throw listenError(error, host, port)
  }
  let closing: Promise<void> | undefined
  return { url: urlOf(server), close: () => (closing ??= close(server, history)) }
}

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'",
}

async function answer(
  options: ServerOptions & KeptSources,
  streams: EventStreams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const isHead = request.method === 'HEAD'
  let reply: Reply | EventReply
  try {
    const isPost = request.method === 'POST' && path.startsWith(TOPICS_PATH)
    reply =
      isPost && options.posts !== undefined
        ? await options.posts.reply(request, path)
        : await replyTo(options, request.method ?? '', path, request.url ?? '/')
  } catch (error) {
    options.onError(error, path)
    reply = plain(500, `${path} failed; the log says why`)
  }
  request.resume()
  if ('events' in reply) {
    if (!isHead && streams.open(reply, response, HEADERS)) return
    reply = isHead ? plain(200, '') : plain(503, `too many watch ${path} already`)
  }
  response.writeHead(reply.status, {
    ...HEADERS,
    ...reply.headers,
    'content-type': reply.contentType,
    'content-length': Buffer.byteLength(reply.body),
    ...(reply.status === 405 ? { allow: path.startsWith(TOPICS_PATH) ? 'POST' : 'GET, HEAD' } : {}),
  })
  response.end(isHead ? undefined : reply.body)
}

function replyTo(
  sources: ServerSources & KeptSources,
  method: string,
  path: string,
  target: string,
): Reply | EventReply | Promise<Reply | EventReply> {
  if (sources.posts !== undefined && path.startsWith(TOPICS_PATH)) {
    return plain(405, `${path} can only be posted to`)
  }
  const found = ROUTES.get(path) ?? BRANCHES.find(([branch]) => path.startsWith(branch))?.[1]
  if (found === undefined) {
    return plain(404, `there is nothing here; there is ${ENDPOINT_PATHS.join(' ')}`)
  }
  if (method !== 'GET' && method !== 'HEAD') return plain(405, `${path} can only be read`)
  return found.route(sources, target)
}

async function close(server: Server, history: RunningHistory): Promise<void> {
  history.stop()
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS_MAX)
  await closed
  clearTimeout(timer)
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

function listenError(error: unknown, host: string, port: number): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new ServerError(
      'MILLRACE_SERVER_PORT',
      `server.port=${port} on ${host} is in use: stop what uses it or set another server.port (0 takes a free one)`,
      error,
    )
  }
  if (code === 'EACCES' || code === 'ERR_SOCKET_BAD_PORT') {
    return new ServerError(
      'MILLRACE_SERVER_PORT',
      `server.port=${port} cannot be used here: set one from 1024 to 65535`,
      error,
    )
  }
  return new ServerError(
    'MILLRACE_SERVER_HOST',
    `server.host=${host} is no address of this machine (${String(code ?? error)}): set 127.0.0.1, or 0.0.0.0 for all`,
    error,
  )
}
