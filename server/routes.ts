// What is served under which path, without any HTTP: http-server.ts asks for a reply by path.
import { assetOf, assetPaths } from './assets.ts'
import { indexPage, PAGE_HEADERS } from './page.ts'
import { history, historyEvents, panels, status, topologyJson } from './page-routes.ts'
import { renderMetrics } from './prometheus.ts'
import { html, jsonReply, plain, redirect, type EventReply, type Reply } from './reply.ts'
import { JOB_PATH, jobPageReply } from './job-page.ts'
import type { KeptSources, ServerSources } from './sources.ts'
import { STORES_PATH } from './store-answers.ts'
import { storesReply } from './stores.ts'

/** `target` is what was asked for: the path with its query. */
export type Route = (
  sources: ServerSources & KeptSources,
  target: string,
) => Reply | EventReply | Promise<Reply | EventReply>

/** What is there for people and programs; the page lists it with these words. */
const ENDPOINTS: readonly (readonly [path: string, endpoint: { about: string; route: Route }])[] = [
  ['/', { about: 'this page', route: index }],
  ['/metrics', { about: 'metrics in the text format of Prometheus', route: metrics }],
  ['/healthz', { about: '200 while the application works, else 503 and why', route: health }],
  ['/progress', { about: 'the last progress report, as JSON', route: progress }],
  ['/progress/recent', { about: 'the last 100, the oldest first', route: recentProgress }],
  ['/progress/events', { about: 'each as it comes, as server-sent events', route: liveProgress }],
  ['/history', { about: 'the last quarter of an hour, a point a second', route: history }],
  ['/history/events', { about: 'each point, as server-sent events', route: historyEvents }],
  ['/status', { about: 'threads, tasks, stores and topics, as JSON', route: status }],
  [STORES_PATH, { about: 'the stores, and /stores/NAME/KEY what they hold', route: stores }],
  ['/watch', { about: 'the rows of stores as they change, as server-sent events', route: watch }],
  ['/config', { about: 'settings in effect and their changes, as JSON', route: config }],
  [JOB_PATH, { about: 'the page that the job has for itself', route: jobPage }],
  ['/panels', { about: 'what the job shows of its results, as JSON', route: panels }],
  ['/topology', { about: 'sources, processors, stores and sinks', route: topology }],
  ['/topology.json', { about: 'the same as JSON', route: topologyJson }],
]

/** All routes: the endpoints, and the files that the page is made of. */
export const ROUTES: ReadonlyMap<string, { readonly route: Route }> = new Map<
  string,
  { readonly route: Route }
>([
  ...ENDPOINTS,
  [JOB_PATH.slice(0, -1), { route: () => redirect(JOB_PATH) }],
  ...assetPaths().map((path) => [path, { route: () => assetOf(path) }] as const),
])

/** Routes that answer for all that is below them. */
export const BRANCHES: readonly (readonly [path: string, { readonly route: Route }])[] = [
  [`${STORES_PATH}/`, { route: stores }],
  [JOB_PATH, { route: jobPage }],
]

/** The paths of what a person may look for. */
export const ENDPOINT_PATHS: readonly string[] = ENDPOINTS.map(([path]) => path)

function index({ applicationId, jobPage: page }: ServerSources): Reply {
  const there = ENDPOINTS.filter(([path]) => path !== JOB_PATH || page !== undefined)
  const links = there.map(([path, { about }]) => ({ path, about }))
  return { ...html(indexPage(applicationId, links, page?.title)), headers: PAGE_HEADERS }
}

async function metrics(sources: ServerSources & KeptSources): Promise<Reply> {
  const families = [...sources.metrics(), ...(sources.posts?.figures.families ?? [])]
  const { contentType, text } = await renderMetrics(families, sources.applicationId)
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

async function watch({ watches }: KeptSources, target: string): Promise<Reply | EventReply> {
  return (await watches?.reply(target)) ?? plain(404, 'there are no stores here')
}

function jobPage({ jobPage: page }: ServerSources, target: string): Reply {
  return page === undefined
    ? plain(404, 'the job has no page of its own')
    : jobPageReply(page, target)
}

function config(sources: ServerSources): Reply {
  if (sources.config === undefined) return plain(404, 'the configuration is not known here')
  return jsonReply(200, sources.config())
}

function topology(sources: ServerSources): Reply {
  return plain(200, sources.topology().trimEnd())
}
