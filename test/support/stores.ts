// The job with a store of each kind, and a server that answers for an instance of it.
import type { RunningStreams } from '../../runtime/running-streams.ts'
import { startServer, type RunningServer } from '../../server/http-server.ts'
import type { RawInput } from './police-job.ts'

/** The module of the job. */
export const STORES_JOB = new URL('../fixtures/stores-job.js', import.meta.url)

/** A row of its input. */
export const visit = (user: string, page: string, timestampMs: number): RawInput => {
  return { key: user, value: JSON.stringify({ page, site: 's' }), timestampMs }
}

/** What is answered about a store. */
export interface Answer {
  readonly kind: string
  readonly rows: readonly Record<string, unknown>[]
  readonly isCut: boolean
  readonly missing: Readonly<Record<string, string>>
  readonly stale?: Readonly<Record<string, { readonly from: string; readonly lag: number }>>
}

/** Serves the state of an instance alone. */
export function serveStores(streams: RunningStreams, port = 0): Promise<RunningServer> {
  return startServer({
    port,
    applicationId: streams.applicationId,
    metrics: () => [],
    health: () => ({ status: 'ok', reasons: [] }),
    progress: () => [],
    watchProgress: () => () => undefined,
    topology: () => '',
    state: {
      get stores() {
        return streams.queries.stores
      },
      ask: (query) => streams.queries.ask(query),
      peers: () => streams.peers(),
    },
    onError: (error) => {
      throw error
    },
  })
}
