// What all processors share: the record that runs through them and what a task gives them.
import { BrokerError, type TopicPartitionOffset } from '../broker/ports.ts'
import { NULL_KEY, rowStart, type RecordBatch } from '../broker/record-batch.ts'
import type { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { SpillFigures } from '../state/stores/byte-arena.ts'
import type { StateMemory } from '../state/stores/state-memory.ts'
import type { PackedRound } from '../state/stores/table-log.ts'
import { TableFullError } from '../topology/errors.ts'
import type { RecordContext } from '../topology/node.ts'
import type { RecordHeader } from '../topology/record.ts'
import type { PunctuationType, Punctuator } from '../topology/process.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { EventTimeLimits, OperatorTime } from './operator-time.ts'
import type { RowPlace } from './row-place.ts'
import type { ThreadTimes } from './thread-times.ts'

/**
 * Why a record was dropped; a metric label. `future-timestamp`: its event time is further ahead of the wall
 * clock than `timestamp.future.max.ms` allows; `unrouted`: no branch of a split took it, or no window;
 * `outdated`: an older version of a row than the table has, which a join has no use for, or an answer to
 * one in a join by foreign key;
 * `processing-error`: user code failed on it; `record-too-large`: its result is larger than the topic takes;
 * `record-refused`: its topic takes no record of that time, or without a key.
 */
export const dropReasons = [
  'malformed',
  'null-key',
  'null-value',
  'invalid-timestamp',
  'future-timestamp',
  'expired-window',
  'unrouted',
  'outdated',
  'processing-error',
  'record-too-large',
  'record-refused',
] as const
/** Why a record is not taken into a result; each drop is counted by one. */
export type DropReason = (typeof dropReasons)[number]

/**
 * The record on its way through a task: one object, reused. A processor that changes a field puts it
 * back after forwarding, so that siblings see what it saw.
 */
export class StreamRecord implements RecordContext<unknown> {
  value: unknown = null
  /** The value before, where a table sends it with its changes; null for none. */
  oldValue: unknown = null
  timestampMs = 0
  /** Of a table's change: whether it is the latest of its key, and not one that only history took. */
  isLatest = true
  /** By which of the groupings of a cogroup it came. */
  cogroupInput = 0
  /** Where the key is one of a grouping: its table and id, so that nobody serializes it again. */
  keys: KeyTable | undefined = undefined
  keyId = -1
  /** Start of the key's window where the key is windowed. */
  windowStartMs = 0
  #key: unknown = null
  /** Whether nobody has asked for the key of the row yet. */
  #isUnread = false
  /** Where its bytes lie, and what reads them. */
  #batch: RecordBatch | undefined = undefined
  #row = 0
  #serde: Serde<unknown> | undefined = undefined

  /** @throws SerdeError when the key's bytes are no such key. */
  get key(): unknown {
    if (this.#isUnread) {
      const batch = this.#batch!
      this.key =
        batch.nulls[this.#row]! & NULL_KEY
          ? null
          : this.#serde!.deserialize(
              batch.bytes,
              rowStart(batch, this.#row),
              batch.ends[this.#row * 3]!,
            )
    }
    return this.#key
  }

  set key(key: unknown) {
    this.#key = key
    this.#isUnread = false
  }

  /** The rows to come lie in a batch. */
  enter(batch: RecordBatch, serde: Serde<unknown>): void {
    this.#batch = batch
    this.#serde = serde
  }

  /** Makes the key that of a row of the batch; it is read when somebody asks for it. */
  readKeyOf(row: number): void {
    this.#row = row
    this.#isUnread = true
  }

  /**
   * The id of a key that nobody has read, by its bytes; -1 for null. Undefined where it has been read, or was
   * written by another serde than that of the keys.
   * @throws SerdeError when the bytes are no such key.
   */
  unreadKeyId(keys: KeyTable): number | undefined {
    if (!this.#isUnread || this.#serde !== keys.serde) return undefined
    const batch = this.#batch!
    const row = this.#row
    if (batch.nulls[row]! & NULL_KEY) return -1
    return keys.idOf(batch.bytes, rowStart(batch, row), batch.ends[row * 3]!)
  }
}

/** The last millisecond that is a date. */
export const EPOCH_MS_MAX = 8.64e15

/**
 * Whether a value can be an event time, no later than `latestMs`; Kafka's for a record without one is -1.
 */
export function isEpochMs(value: unknown, latestMs = EPOCH_MS_MAX): value is number {
  return typeof value === 'number' && value >= 0 && value <= latestMs
}

/** Passes a record on to what comes next. */
export type Forward = (record: StreamRecord) => void

/** Rows on their way to one topic. */
export interface TopicOutput {
  readonly partitions: number
  /** How large a record may be: bytes of key, value and headers; Infinity where nothing tells. */
  readonly recordBytesMax: number
  /** How far its time may lie behind the wall clock, ms, and how far ahead of it; Infinity where nothing tells. */
  readonly behindMsMax: number
  readonly aheadMsMax: number
  /** Whether it must have a key. */
  readonly needsKeys: boolean
  /** Where the rows of a partition are collected; they are sent when the task says so. */
  rowsOf(partition: number): RecordBatchBuilder
  /** The event times of all tasks of the thread that write it; undefined where each tells its own. */
  readonly together?: ThreadTimes | undefined
}

/** A store as its task sees it: saved at commits, restored at start. */
export interface TaskStore {
  readonly name: string
  readonly rows: number
  readonly sizeBytes: number
  /** What changed since the last save, or everything; undefined when nothing changed. Valid until the next call. */
  pack(isSnapshot: boolean): Uint8Array | undefined
  /** How many entries had changed when it was packed last. */
  readonly changedRows: number
  /** Bytes of its keys and values, wherever they lie; of a store that can be packed in rounds. */
  readonly contentBytes?: number
  /** What changed since the last save and a part of the rest; see `TableLog`. Valid until the next call. */
  packRound?(): PackedRound | undefined
  /** Updates since it was opened, where it is written row by row and not by calls of `put`. */
  readonly puts?: number
  /** Entries that it gave up since it was opened: deleted, or expired. */
  readonly removedRows: number
  /** Bytes beside `sizeBytes` that keep updates for the next emission; left out where objects do. */
  readonly cacheBytes?: number
  /** @param savedBytes of all entries that are restored, so that there is room for them at once. */
  restore(entry: Uint8Array, savedBytes?: number): void
  /** Lets its keys and values lie in memory that is bounded, from now on; called while it is empty. */
  lieIn?(memory: StateMemory): void
  /** What of it lies in a file then. */
  readonly spill?: SpillFigures
  /** Gives up what it holds; it is of no use any more. */
  close?(): void
}

/** What holding updates back until the next emission saves. Who holds them counts here, from its start on. */
export interface CacheCounts {
  /** Updates that came. */
  requests: number
  /** Of these the ones that took the place of one that had not gone out yet. */
  hits: number
  /** Bytes that those take, about, which have not gone out yet. */
  heldBytes: number
}

/** What a task gives its processors. */
export interface TaskContext {
  /** Whether a value that user code keeps beyond its call fails when it is read: in tests. */
  readonly endsViews?: boolean | undefined
  readonly partition: number
  /** Highest event time seen by the task; see `advance` in the inputs. Epoch ms, -1 before the first. */
  streamTimeMs: number
  /** What the writers of the task's repartition topics hold its event time to; read by `OperatorTime`. */
  readonly eventTime: EventTimeLimits
  /** The time that an operator of its own has observed; restored with the task's state. */
  timeOf(node: string): OperatorTime
  /** Wall clock of the step in work, epoch ms. */
  readonly nowMs: number
  /** The row in work; undefined while results go out at a commit or by the clock. */
  place: RowPlace | undefined
  /** The headers of the records in work; undefined where they are those of the row. */
  headers: readonly RecordHeader[] | undefined
  /** When the oldest input that is not yet put out was appended; Infinity when there is none. Epoch ms. */
  readonly oldestMs: number
  /** Rows of a source were so many ms behind the stream time. */
  behind(lateMs: number, rows: number): void
  /** Counts a record that ends here, and writes it where `onDrop` says so, unless it was written already. */
  drop(node: string, reason: DropReason, wasWritten?: boolean): void
  output(topic: string): TopicOutput
  addStore(store: TaskStore): void
  /** Where a node counts the updates of its store that it holds back; asked for once. */
  cacheOf(store: string): CacheCounts
  /** `emit` is called when updates are to go out: each emit interval and before each commit. */
  onEmit(emit: () => void): void
  /** Stream time at which a punctuator is due, Infinity for none; the inputs look at it row by row. */
  readonly punctuatesAtMs: number
  /** Calls the punctuators that stream time has made due. */
  punctuate(): void
  /** Calls a punctuator by one of the clocks. @returns what cancels it. */
  schedule(type: PunctuationType, everyMs: number, punctuate: Punctuator): () => void
  /** What is to be called in the place of a punctuator of user code, whose policy decides on what it throws. */
  guardPunctuator?(type: PunctuationType, punctuate: Punctuator): Punctuator
  /** Counts a join that found no row, per key. */
  unmatched(node: string, key: string | number): void
}

/** User code or a serde failed on a record. The message names node, topic, partition and offset. */
export class ProcessingError extends Error {
  override readonly name = 'ProcessingError'
  readonly code = 'MILLRACE_PROCESSING'

  constructor(message: string, cause: unknown) {
    super(message, { cause })
  }
}

/** Whether a failure is none of the record's: a store has no room, on the disk or in memory, and has none for others. */
export function isOfMachine(cause: unknown): cause is BrokerError | TableFullError {
  return cause instanceof BrokerError || cause instanceof TableFullError
}

/** What user code of a node threw, with the node's name. @returns a cause that is no record's fault as it is. */
export function userError(node: string, cause: unknown): Error {
  return cause instanceof ProcessingError ? cause : failureAt(node, cause)
}

/** What a record failed with, with its place. @returns a cause that is no record's fault as it is. */
export function recordError(
  { topic, partition, offset }: TopicPartitionOffset,
  cause: unknown,
): Error {
  return failureAt(`topic ${topic}, partition ${partition}, offset ${offset}`, cause)
}

function failureAt(where: string, cause: unknown): Error {
  if (isOfMachine(cause)) return cause
  return new ProcessingError(
    `${where}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  )
}
