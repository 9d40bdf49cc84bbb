// What is served under which path, without any HTTP: http-server.ts asks for a reply by path.
import type { MetricFamily } from '../runtime/metrics/snapshot.ts'
import { indexPage } from './page.ts'
import { renderMetrics } from './prometheus.ts'
import { html, jsonReply, plain, type EventReply, type Reply } from './reply.ts'
import { STORES_PATH, storesReply, type StoreSources } from './stores.ts'

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
  /** The settings in effect and what edits of them did, as JSON can hold them; not served where left out. */
  readonly config?: () => unknown
  /** The topology as `describe()` prints it. */
  readonly topology: () => string
  /** The state of the application, where there is any. */
  readonly state?: StoreSources
}

/** `target` is what was asked for: the path with its query. */
export type Route = (sources: ServerSources, target: string) => Reply | EventReply | Promise<Reply>

/** All routes; the index page lists them with these words. */
export const ROUTES: ReadonlyMap<string, { readonly about: string; readonly route: Route }> =
  new Map([
    ['/', { about: 'this page', route: index }],
    ['/metrics', { about: 'metrics in the text format of Prometheus', route: metrics }],
    ['/healthz', { about: '200 while the application works, else 503 and why', route: health }],
    ['/progress', { about: 'the last progress report, as JSON', route: progress }],
    ['/progress/recent', { about: 'the last 100, the oldest first', route: recentProgress }],
    ['/progress/events', { about: 'each as it comes, as server-sent events', route: liveProgress }],
    [STORES_PATH, { about: 'the stores, and /stores/NAME/KEY what they hold', route: stores }],
    ['/config', { about: 'settings in effect and their changes, as JSON', route: config }],
    ['/topology', { about: 'sources, processors, stores and sinks', route: topology }],
  ])

function index({ applicationId }: ServerSources): Reply {
  const links = [...ROUTES].map(([path, { about }]) => ({ path, about }))
  return html(indexPage(applicationId, links))
}

async function metrics(sources: ServerSources): Promise<Reply> {
  const { contentType, text } = await renderMetrics(sources.metrics(), sources.applicationId)
  return { status: 200, contentType, body: text }
}

function health(sources: ServerSources): Reply {
  const { status, reasons, details } = sources.health()
  const body = { status, applicationId: sources.applicationId, reasons, ...details }
  return jsonReply(status === 'ok' ? 200 : 503, body)
}

function progress(sources: ServerSources): Reply {
  return jsonReply(200, sources.progress().at(-1) ?? null)
}

function recentProgress(sources: ServerSources): Reply {
  return jsonReply(200, sources.progress())
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

function stores({ state }: ServerSources, target: string): Reply | Promise<Reply> {
  return state === undefined ? plain(404, 'there are no stores here') : storesReply(state, target)
}

function config(sources: ServerSources): Reply {
  if (sources.config === undefined) return plain(404, 'the configuration is not known here')
  return jsonReply(200, sources.config())
}

function topology(sources: ServerSources): Reply {
  return plain(200, sources.topology().trimEnd())
}
