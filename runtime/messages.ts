// What the main thread and a worker say to each other: requests with a number, each answered once.
import type { MessagePort } from 'node:worker_threads'
import type {
  ChannelSpec,
  RestorePoint,
  TaskPosition,
  TopicPartitionOffset,
} from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { EventTimeSpan } from '../processors/event-times.ts'
import type { CarefulSpec } from './crashing-rows.ts'
import type { SlabSpec } from './metrics/slab.ts'
import { stateMemoryBytes } from './state-memory-bytes.ts'
import type { Plan, TaskSpec } from './plan.ts'
import type { StoreAnswer, StoreQuery } from './store-query.ts'
import type { TimeSettings } from './task-surroundings.ts'

/** The settings that a worker needs; nothing secret is among them. */
export type ThreadConfig = TimeSettings &
  Pick<
    StreamsConfig,
    | 'emitIntervalMs'
    | 'maxPollRecords'
    | 'pollMs'
    | 'bufferedBytesMax'
    | 'sourceAlignmentMaxDriftMs'
    | 'metricsRecordingLevel'
    | 'topicFormats'
    | 'droppedStores'
    | 'repartitionFormat'
    | 'processingPaused'
    | 'statestoreCacheMaxBytes'
    | 'stateMemoryMaxBytes'
  >

/** The part of the settings that a worker is sent; what all share is divided by their number. */
export function threadConfigOf(config: StreamsConfig, threads: number): ThreadConfig {
  return {
    statestoreCacheMaxBytes: Math.floor(config.statestoreCacheMaxBytes / Math.max(1, threads)),
    stateMemoryMaxBytes: Math.floor(stateMemoryBytes(config) / Math.max(1, threads)),
    emitIntervalMs: config.emitIntervalMs,
    maxPollRecords: config.maxPollRecords,
    pollMs: config.pollMs,
    bufferedBytesMax: config.bufferedBytesMax,
    sourceAlignmentMaxDriftMs: config.sourceAlignmentMaxDriftMs,
    metricsRecordingLevel: config.metricsRecordingLevel,
    topicFormats: config.topicFormats,
    droppedStores: config.droppedStores,
    repartitionFormat: config.repartitionFormat,
    processingPaused: config.processingPaused,
    maxTaskIdleMs: config.maxTaskIdleMs,
    timestampFutureMaxMs: config.timestampFutureMaxMs,
    streamTimeIdleAdvanceMs: config.streamTimeIdleAdvanceMs,
  }
}

/** What a worker is started with. */
export interface ThreadSpec {
  readonly threadId: string
  /** Module whose default export is the topology. */
  readonly topology: string
  readonly plan: Plan
  readonly config: ThreadConfig
  readonly channel: ChannelSpec
  readonly metrics: SlabSpec
  readonly alignment: SharedArrayBuffer
  readonly vitals: SharedArrayBuffer
  readonly control: MessagePort
  /** For a thread that takes the place of one that died. */
  readonly careful?: CarefulSpec | undefined
}

/** A store's changelog, as far as it is to be read before its task may run: open transactions included. */
export interface ChangelogBounds {
  readonly store: string
  readonly topic: string
  readonly start: number
  readonly end: number
  /** From where on it has the store whole, by what the group knows. */
  readonly from?: RestorePoint | undefined
}

/** Where an input of a task may start, and where it is to stop. */
export interface InputBounds {
  /** Where the group would have it start. */
  readonly offset: number
  /** Where it begins: there the task starts when nothing is left of the stores that it had. */
  readonly inputStart: number
  /** The first offset that is not wanted. */
  readonly stopAt: number
  /** The event time that the group knows it to have come to, epoch ms. */
  readonly partitionTimeMs?: number | undefined
}

/** A task to open. */
export interface TaskToOpen {
  readonly spec: TaskSpec
  /** As many as the task has inputs, in their order. */
  readonly inputs: readonly InputBounds[]
  readonly changelogs: readonly ChangelogBounds[]
  /**
   * The generation of the group, 0 where it is not known, where an owner before this one may write to the
   * changelogs still.
   */
  readonly generation?: number | undefined
}

export type ThreadRequest =
  /** Restores the tasks and opens their inputs; answers where each starts to read. */
  | { readonly kind: 'open'; readonly tasks: readonly TaskToOpen[] }
  /** Lets tasks run no more rows: the next commit is their last. */
  | { readonly kind: 'seal'; readonly taskIds: readonly string[] }
  /** Closes tasks; what they did since the last commit is forgotten. */
  | { readonly kind: 'close'; readonly taskIds: readonly string[] }
  /** Keeps copies of these tasks, which others run, and no others; `open` are those that are new here. */
  | {
      readonly kind: 'standby'
      readonly taskIds: readonly string[]
      readonly open: readonly TaskToOpen[]
      /** Of their inputs; copies take over what belongs to them. Left out, it is as it was. */
      readonly committed?: readonly TopicPartitionOffset[] | undefined
    }
  /** Step 2 of a commit: updates go out, the gate closes, positions are answered. */
  | { readonly kind: 'prepare' }
  /** Between steps 2 and 3, where a thread has `hasUntold`: results are acknowledged, changelogs follow. */
  | { readonly kind: 'tell' }
  /** Steps 4 and 5 of a commit: the gate opens, state is written. Now and then with where the changelogs end. */
  | { readonly kind: 'committed'; readonly changelogEnds?: readonly TopicPartitionOffset[] }
  /** The commit came to nothing: the gate opens, state waits for the next one. */
  | { readonly kind: 'not-committed' }
  /** The transaction is being undone: all tasks are closed and what they produced is discarded. */
  | { readonly kind: 'discard' }
  /** Reads a store; answered with `store`. */
  | { readonly kind: 'query'; readonly query: StoreQuery }
  /** Goes on with other settings. */
  | { readonly kind: 'configure'; readonly config: ThreadConfig }
  | { readonly kind: 'stop' }

export type NumberedRequest = ThreadRequest & { readonly id: number }

/** What a worker answers; which fields are there depends on the request. */
export interface ThreadAnswer {
  readonly id: number
  readonly positions: readonly TaskPosition[]
  /** Tasks that read a source and have not reached the offset at which they are to stop. */
  readonly unfinished: number
  /** Joins that found no row since the last answer, per node and key. */
  readonly unmatched: readonly (readonly [node: string, key: string, count: number])[]
  /** To a commit: rows of sources that were run since the last one was prepared. */
  readonly rows?: number
  /** To a commit: the event times of these. */
  readonly eventTimes?: EventTimeSpan | undefined
  /** To a commit: whether anything was put out or changed since the last one. */
  readonly hasProduced?: boolean
  /** To a commit: whether changelogs are to be told of it when its results are acknowledged, and not before. */
  readonly hasUntold?: boolean
  /** To a query: what the tasks of the thread know. */
  readonly store?: StoreAnswer
}

/** How a worker ended when it did not end as asked: errors lose their fields between threads. */
export interface ThreadFailure {
  readonly code: string
  readonly message: string
  readonly stack: string | undefined
}
