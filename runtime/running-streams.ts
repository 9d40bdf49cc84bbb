// A job that runs, as whoever started it sees it. run-streams.ts starts one.
import type { DataPathInfo } from '../broker/client-figures.ts'
import type { Broker } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { Topology } from '../topology/topology.ts'
import type { MetricFamily, Reading } from './metrics/snapshot.ts'
import type { QueryProgress } from './progress.ts'
import type { RunLog } from './run-log.ts'
import type { StoreQueries } from './store-queries.ts'
import type { ThreadTasks } from './stream-client.ts'

/** How to run a job. */
export interface RunOptions {
  /** Left out, the configured broker is opened, and closed when the job has ended. */
  readonly broker?: Broker
  /** Process what is there now, then stop (Spark's AvailableNow). */
  readonly once?: boolean
  readonly log?: RunLog
  /** Called after each commit that did something. */
  readonly onProgress?: (progress: QueryProgress) => void
}

/** A job that runs. */
export interface RunningStreams {
  readonly applicationId: string
  readonly runId: string
  readonly topology: Topology
  /** How records get to the threads; undefined where there is only one way. */
  readonly dataPath: DataPathInfo | undefined
  readonly state: string
  /** What is wrong, one sentence each; empty when all is well. */
  readonly problems: readonly string[]
  readonly threads: readonly ThreadTasks[]
  /** The last progress report. */
  readonly progress: QueryProgress | undefined
  /** The last progress reports, up to 100, the oldest first. */
  readonly recentProgress: readonly QueryProgress[]
  /** The stores of the application, as far as this instance has them. */
  readonly queries: StoreQueries
  /** Addresses of the other instances' servers (`application.server`), where the broker knows them. */
  peers(): readonly string[]
  /** All metrics; `readings` are values that only the caller knows. */
  metrics(readings?: readonly Reading[]): MetricFamily[]
  /**
   * Goes on with the hot keys of another configuration (`commit.interval.ms`, `poll.ms`, …), without a
   * restart; its other keys are left as they are. Resolves when every thread has taken them over.
   */
  reconfigure(config: StreamsConfig): Promise<void>
  /** Whether no record is processed: by `pause`, or by `processing.paused`. */
  readonly isPaused: boolean
  /**
   * Leaves records where they are from now on. The job stays in its group with all that it has, commits what
   * it did, and answers queries. Resolves when no thread processes any more (KafkaStreams.pause, KIP-834).
   */
  pause(): Promise<void>
  /** Goes on after `pause`, unless `processing.paused` is set (KafkaStreams.resume). */
  resume(): Promise<void>
  /** Asks for an orderly stop: what was processed is committed, the group is left at once. */
  stop(): void
  /** Resolves after the end; rejects with what made the job fail. */
  readonly done: Promise<void>
}
