// Keeps the history of an application going, a point a second. http-server.ts starts it and stops it.
import { History, POINTS_MAX, type ReportOfHistory } from './history.ts'
import { graphOf } from './page-routes.ts'
import type { HistorySource, ServerSources } from './sources.ts'

const POINT_MS = 1_000

/** The history as the routes read it. */
export type RunningHistory = HistorySource['history'] & { stop(): void }

/** Starts a history of what the sources tell; `onError` is told when they throw. */
export function startHistory(
  sources: ServerSources & { readonly onError: (error: unknown, path: string) => void },
): RunningHistory {
  const history = new History(() => sinksOf(sources), Date.now())
  const stopWatching = sources.watchProgress((report) => history.add(report as ReportOfHistory))
  const timer = setInterval(() => {
    try {
      history.tick(sources.metrics(), Date.now())
    } catch (error) {
      sources.onError(error, '/history')
    }
  }, POINT_MS).unref()
  return {
    points: history.points,
    pointsMax: POINTS_MAX,
    watch: (watch) => history.watch(watch),
    stop() {
      clearInterval(timer)
      stopWatching()
    },
  }
}

function sinksOf(sources: ServerSources): Set<string> {
  const nodes = graphOf(sources).subtopologies.flatMap((part) => part.nodes)
  return new Set(nodes.filter(({ kind }) => kind === 'sink').map(({ name }) => name))
}
