// What is served under which path, without any HTTP: http-server.ts asks for a reply by path.
import type { MetricFamily } from '../runtime/metrics/snapshot.ts'
import { indexPage } from './page.ts'
import { renderMetrics } from './prometheus.ts'

/** Whether the application does its work, and why not. */
export interface Health {
  readonly status: 'ok' | 'failing'
  /** What is wrong, one sentence each; empty when all is well. */
  readonly reasons: readonly string[]
  /** More for the reader: the state, threads, uptime. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Where the server finds what it shows. All are called on the main thread, once a request. */
export interface ServerSources {
  readonly applicationId: string
  readonly metrics: () => readonly MetricFamily[]
  readonly health: () => Health
  /** The last progress reports, as JSON can hold them, the oldest first. */
  readonly progress: () => readonly unknown[]
  /** Has a function called with each progress report from now on. @returns what ends that. */
  readonly watchProgress: (watch: (progress: unknown) => void) => () => void
  /** The topology as `describe()` prints it. */
  readonly topology: () => string
}

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** A reply that goes on: events as they happen (server-sent events, by the HTML standard). */
export interface EventReply {
  /** Has a function called with the text of each event. @returns what ends that. */
  readonly events: (send: (text: string) => void) => () => void
}

export type Route = (sources: ServerSources) => Reply | EventReply | Promise<Reply>

const TEXT = 'text/plain; charset=utf-8'
const HTML = 'text/html; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'

/** A reply of one line of text. */
export function plain(status: number, line: string): Reply {
  return { status, contentType: TEXT, body: `${line}\n` }
}

/** All routes; the index page lists them with these words. */
export const ROUTES: ReadonlyMap<string, { readonly about: string; readonly route: Route }> =
  new Map([
    ['/', { about: 'this page', route: index }],
    ['/metrics', { about: 'metrics in the text format of Prometheus', route: metrics }],
    ['/healthz', { about: '200 while the application works, else 503 and why', route: health }],
    ['/progress', { about: 'the last progress report, as JSON', route: progress }],
    ['/progress/recent', { about: 'the last 100, the oldest first', route: recentProgress }],
    ['/progress/events', { about: 'each as it comes, as server-sent events', route: liveProgress }],
    ['/topology', { about: 'sources, processors, stores and sinks', route: topology }],
  ])

function index({ applicationId }: ServerSources): Reply {
  const links = [...ROUTES].map(([path, { about }]) => ({ path, about }))
  return { status: 200, contentType: HTML, body: indexPage(applicationId, links) }
}

async function metrics(sources: ServerSources): Promise<Reply> {
  const { contentType, text } = await renderMetrics(sources.metrics(), sources.applicationId)
  return { status: 200, contentType, body: text }
}

function health(sources: ServerSources): Reply {
  const { status, reasons, details } = sources.health()
  const body = json({ status, applicationId: sources.applicationId, reasons, ...details })
  return { status: status === 'ok' ? 200 : 503, contentType: JSON_TYPE, body }
}

function progress(sources: ServerSources): Reply {
  return { status: 200, contentType: JSON_TYPE, body: json(sources.progress().at(-1) ?? null) }
}

function recentProgress(sources: ServerSources): Reply {
  return { status: 200, contentType: JSON_TYPE, body: json(sources.progress()) }
}

/** The last one at once: who looks at an idle application would wait for the next. */
function liveProgress(sources: ServerSources): EventReply {
  return {
    events(send) {
      const last = sources.progress().at(-1)
      if (last !== undefined) send(JSON.stringify(last))
      return sources.watchProgress((report) => send(JSON.stringify(report)))
    },
  }
}

function topology(sources: ServerSources): Reply {
  return { status: 200, contentType: TEXT, body: sources.topology() }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
