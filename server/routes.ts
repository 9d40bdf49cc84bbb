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
  /** The last progress report, as JSON can hold it; undefined before the first. */
  readonly progress: () => unknown
  /** The topology as `describe()` prints it. */
  readonly topology: () => string
}

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export type Route = (sources: ServerSources) => Reply | Promise<Reply>

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
  return { status: 200, contentType: JSON_TYPE, body: json(sources.progress() ?? null) }
}

function topology(sources: ServerSources): Reply {
  return { status: 200, contentType: TEXT, body: sources.topology() }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
