// What a worker, or a test driver, gives each of its tasks.
import type { DataPort, TopicPartitionOffset } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { GlobalTables } from '../processors/global-tables.ts'
import type { DropReason } from '../processors/processor.ts'
import type { LogSizes } from '../state/log-sizes.ts'
import type { StateMemory } from '../state/stores/state-memory.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { Topology } from '../topology/topology.ts'
import type { CarefulRows } from './crashing-rows.ts'
import type { IdleTimes } from './idle-clock.ts'
import type { SourceAlignment } from './alignment.ts'
import type { RecordingLevel } from './metrics/definition.ts'
import type { MetricSlab } from './metrics/slab.ts'
import type { Outputs } from './outputs.ts'
import type { Plan } from './plan.ts'
import type { ThreadPhases } from './thread-phases.ts'

/** What the settings say about time in a task. */
export type TimeSettings = Pick<
  StreamsConfig,
  'maxTaskIdleMs' | 'timestampFutureMaxMs' | 'streamTimeIdleAdvanceMs'
>

/** How far an event time may be ahead of the wall clock, ms; Infinity for any distance. */
export function futureMsMaxOf(time: TimeSettings | undefined): number {
  return time === undefined || time.timestampFutureMaxMs < 0 ? Infinity : time.timestampFutureMaxMs
}

/** When event time goes on without records; undefined for never. */
export function idleTimesOf({ time, idleEveryMs }: TaskSurroundings): IdleTimes | undefined {
  const afterMs = time?.streamTimeIdleAdvanceMs ?? -1
  return afterMs < 0 ? undefined : { afterMs, everyMs: idleEveryMs }
}

/** What a worker gives each of its tasks. */
export interface TaskSurroundings {
  readonly topology: Topology
  readonly plan: Plan
  /** Value formats by topic, as the configuration picked them. */
  readonly formats: StreamsConfig['topicFormats']
  /** Names of stores whose saved state nobody wants any more. */
  readonly droppedStores?: readonly string[] | undefined
  /** How rows are written to repartition topics; in frames where left out. */
  readonly repartitionFormat?: StreamsConfig['repartitionFormat']
  /** What the settings say about time; the defaults where left out. */
  readonly time?: TimeSettings
  /** How often event time moves on without records; see `IdleTimes`. */
  readonly idleEveryMs?: number
  /** Rows of a source that a task runs per step, at most. */
  readonly rowsMax: number
  /** Rows of frames that a task runs per step, at most; all where left out. */
  readonly frameRowsMax?: number
  /** Orders inputs whose next rows have one time; see `TaskInputs`. */
  readonly rankOf?: (input: TopicPartitionOffset) => number
  readonly port: DataPort
  readonly outputs: Outputs
  readonly metrics: MetricSlab
  /** Where the time of its thread goes. */
  readonly phases: ThreadPhases
  /** How much the tasks that open now measure; `INFO` where left out. */
  readonly recordingLevel?: RecordingLevel
  readonly alignment: SourceAlignment
  /** What bounds what stores take in memory; nothing does where it is left out. */
  readonly memory?: StateMemory | undefined
  /** Counts a join that found no row. */
  readonly unmatched: (node: string, key: string | number) => void
  /** The global tables and stores of the worker. */
  readonly globals: GlobalTables
  /** Told of each record dropped, beside the metrics. */
  readonly dropped?: (node: string, reason: DropReason) => void
  /** Notes each row before it runs, and what is done between rows; only where a thread has died. */
  readonly careful?: CarefulRows | undefined
  /** See `TaskContext`; not where left out. */
  readonly endsViews?: boolean
  /** When stores are written anew; `LOG_SIZES` where left out. */
  readonly logSizes?: LogSizes | undefined
  /** What reads rows with declared fields; the one in TypeScript where it is not given. */
  readonly readerOf?: RowReaderFactory | undefined
}
