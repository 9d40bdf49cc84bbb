// Where the server finds what it shows; cli/ fills it in for a job that runs.
import type { MetricFamily } from '../runtime/metrics/snapshot.ts'
import type { Ingest, IngestSources } from './ingest.ts'
import type { JobFiles } from './job-page.ts'
import type { ApplicationState } from './status.ts'
import type { StoreSources } from './store-answers.ts'
import type { StoreWatches } from './store-watches.ts'
import type { HistoryPoint, Panel } from './wire.ts'

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
  /** The same as JSON; without it the page draws none. */
  readonly topologyJson?: () => string
  /** What the application says of itself; without it the page shows no threads and tasks. */
  readonly application?: () => ApplicationState
  /** What the job shows of its results; without it the page has no such part. */
  readonly panels?: () => Promise<readonly Panel[]>
  /** The state of the application, where there is any. */
  readonly state?: StoreSources
  /** The page that the job has for itself: a file of it by name; without it there is no such page. */
  readonly jobPage?: JobFiles
  /** Where what is posted goes; without it nothing can be. */
  readonly ingest?: IngestSources
}

/** The last minutes, which the server itself keeps. */
export interface HistorySource {
  readonly history: {
    readonly points: readonly HistoryPoint[]
    readonly pointsMax: number
    /** Has a function called with each point from now on. @returns what ends that. */
    watch(watch: (point: HistoryPoint) => void): () => void
  }
}

/** What the server itself keeps. */
export interface KeptSources extends HistorySource {
  /** Who watches the state; undefined where there is none. */
  readonly watches: StoreWatches | undefined
  /** Who answers those who post; undefined where nothing can be posted. */
  readonly posts: Ingest | undefined
}
