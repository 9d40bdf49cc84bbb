// Sends each record to the partition that owns its key, through a repartition topic. Kafka: the repartition
// sinks of KStream.groupBy, KStream.repartition and KTable.groupBy, with the default partitioner.
import { partitionFor } from '../broker/partitioner.ts'
import type { GroupKey } from '../topology/node.ts'
import type { Partitioner } from '../topology/partitioner.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import { windowBytesOf } from '../topology/serdes/windowed.ts'
import { partitionChooser, type ChoosePartitions } from './chosen-partitions.ts'
import { FrameRows } from './frame-rows.ts'
import { GroupKeys, keyIdOf } from './group-keys.ts'
import { userError, type Forward, type StreamRecord, type TaskContext } from './processor.ts'
import type { OnFailure } from './failures.ts'
import { RecordRows } from './record-rows.ts'
import { doubled, NO_ID, type CutRows, type RepartitionFormat } from './cut-rows.ts'
import type { TellTogether, ThreadTimes } from './thread-times.ts'

/** Group keys known at once; beyond that the dictionary starts anew, between two flushes. */
const GROUPS_MAX = 1_048_576

/** Room for keys that a writer begins with: each task has one for each topic. */
const GROUPS_MIN = 64

/** What a writer is told of the node that it writes for. */
export interface WriterSpec {
  readonly node: string
  readonly topic: string
  readonly key: GroupKey
  readonly format: RepartitionFormat
  /** How values travel; undefined where they do not. */
  readonly value: Serde<unknown> | undefined
  /** Whether rows written to one partition tell the event time to all: no operator stands between. */
  readonly vouches: boolean
  /** Whether windowed keys go where a sink would write them: by the key inside. */
  readonly goesByInnerKey: boolean
  /** Where records go that their keys do not decide on. */
  readonly partitioner: Partitioner<never, never> | undefined
  /** Whether something that reads the topic may see the headers of the rows. */
  readonly carriesHeaders: boolean
  /** Whether records without a key are sent, too. */
  readonly takesNullKeys: boolean
  readonly failed: OnFailure
}

/** Writes rows to a repartition topic. The task calls `flush` after each batch and emission. */
export class RepartitionWriter {
  readonly #spec: WriterSpec
  readonly #context: TaskContext
  readonly #keyIdOf: (record: StreamRecord) => number
  readonly #groups: GroupKeys
  /** Bytes at the end of a key that have no say in where it goes. */
  readonly #windowBytes: number
  readonly #rows: CutRows
  readonly #partitions: number
  readonly #choose: ChoosePartitions | undefined
  #partitionOf = new Int32Array(GROUPS_MIN)
  #known = 0
  /** Highest timestamp written, epoch ms. */
  #seenMs = -1
  #vouchedMs = -1
  /** What tells the times of all tasks of the thread, where there are many partitions. */
  readonly #together: ThreadTimes | undefined
  readonly #tellTogether: TellTogether
  /** Event times that each partition has been told otherwise, epoch ms. */
  readonly #told: Float64Array
  readonly #toldVouched: Float64Array
  /** What all of them have been told: up to there nothing is to be looked for. */
  #allTold = -2
  #allVouched = -2
  /** Partitions that got rows since they were last handed over. */
  readonly #filled: number[] = []

  constructor(spec: WriterSpec, context: TaskContext) {
    this.#spec = spec
    this.#context = context
    this.#groups = new GroupKeys(spec.key.serde)
    this.#windowBytes = spec.goesByInnerKey ? windowBytesOf(spec.key.serde) : 0
    this.#keyIdOf = keyIdOf(spec.key, this.#groups)
    const { partitions, together } = context.output(spec.topic)
    const { topic, partitioner } = spec
    if (partitioner !== undefined)
      this.#choose = partitionChooser(partitioner, { topic, partitions })
    this.#partitions = partitions
    const Rows = spec.format === 'records' ? RecordRows : FrameRows
    this.#rows = new Rows(spec, this.#groups, context)
    const rows = this.#rows
    this.#together = together
    this.#tellTogether = (partition, writers, times) => rows.tellTogether(partition, writers, times)
    const toldAlone = together === undefined ? partitions : 0
    this.#told = new Float64Array(toldAlone).fill(-2)
    this.#toldVouched = new Float64Array(toldAlone).fill(-2)
  }

  /** Whether rows are better kept until there are more for each partition: then they share their keys. */
  get gathersRows(): boolean {
    return this.#together === undefined
  }

  /** Whether all that is to be told of event time is told. */
  get hasTold(): boolean {
    return this.#together?.isTold ?? true
  }

  /** The task leaves its thread. */
  close(): void {
    this.#together?.leave(this.#context.partition)
  }

  readonly process: Forward = (record) => {
    let id: number
    try {
      id = this.#keyIdOf(record)
    } catch (cause) {
      this.#spec.failed(cause)
      return
    }
    if (id < 0) this.#sendWithoutKey(record)
    else if (this.#choose === undefined || this.#move(id, record, this.#choose))
      this.#send(id, record.timestampMs, record.value)
  }

  /** Sends a value under a key. @throws ProcessingError when a serde cannot write the key. */
  send(key: unknown, timestampMs: number, value: unknown): void {
    if (key === null) this.#sendWithoutKey({ timestampMs, value })
    else this.#send(this.#idOf(key), timestampMs, value)
  }

  /** Sends a value under a key to a partition that does not follow from the key. @throws as `send` */
  sendTo(partition: number, key: unknown, timestampMs: number, value: unknown): void {
    const id = this.#idOf(key)
    this.#moveTo(partition, id)
    this.#send(id, timestampMs, value)
  }

  /** Has a key go where the partitioner says, for now. @returns false where that failed. */
  #move(id: number, record: StreamRecord, choose: ChoosePartitions): boolean {
    let chosen: readonly number[] | undefined
    try {
      chosen = choose(record)
    } catch (cause) {
      this.#spec.failed(cause)
      return false
    }
    this.#moveTo(chosen?.[0] ?? this.#partitionByKey(id), id)
    return true
  }

  #moveTo(partition: number, id: number): void {
    if (id >= this.#known) this.#learn(id)
    if (this.#partitionOf[id] === partition) return
    this.#partitionOf[id] = partition
    this.#rows.learn(id)
  }

  #idOf(key: unknown): number {
    try {
      return this.#groups.idOf(key)
    } catch (cause) {
      throw userError(this.#spec.node, cause)
    }
  }

  #sendWithoutKey({ timestampMs, value }: Pick<StreamRecord, 'timestampMs' | 'value'>): void {
    if (!this.#spec.takesNullKeys) {
      this.#context.drop(this.#spec.node, 'null-key')
      return
    }
    // Nothing asks for a partition: the task's own keeps the order and spreads the load.
    this.#add(this.#context.partition % this.#partitions, NO_ID, timestampMs, value)
  }

  #send(id: number, timestampMs: number, value: unknown): void {
    if (id >= this.#known) this.#learn(id)
    this.#add(this.#partitionOf[id]!, id, timestampMs, value)
  }

  #add(partition: number, id: number, timestampMs: number, value: unknown): void {
    const rows = this.#rows
    if (rows.isFull(partition, id)) this.#end(partition, this.#context.streamTimeMs)
    if (!rows.hasRows(partition)) this.#filled.push(partition)
    if (!rows.add(partition, id, timestampMs, value)) {
      this.#end(partition, this.#context.streamTimeMs)
      rows.add(partition, id, timestampMs, value)
    }
    if (timestampMs > this.#seenMs) this.#seenMs = timestampMs
  }

  /**
   * Hands the rows over, and with them the event time that the task has come to, and the one that it vouches
   * for; with `toAll` a partition without rows is told, too, when it has not been yet.
   */
  flush(timeMs: number, vouchedMs: number, toAll: boolean): void {
    const seenMs = this.#spec.vouches ? this.#seenMs : -1
    this.#vouchedMs = Math.max(this.#vouchedMs, vouchedMs, seenMs)
    for (const partition of this.#filled) {
      if (this.#rows.hasRows(partition)) this.#end(partition, timeMs)
    }
    this.#filled.length = 0
    if (this.#together !== undefined) {
      this.#together.reached(this.#context.partition, timeMs, this.#vouchedMs)
      this.#together.tellIfDue(this.#context.nowMs, this.#tellTogether)
    } else if (toAll && (timeMs > this.#allTold || this.#vouchedMs > this.#allVouched)) {
      this.#tellAll(timeMs)
    }
    if (this.#groups.size > GROUPS_MAX) {
      this.#groups.clear()
      this.#known = 0
    }
  }

  #tellAll(timeMs: number): void {
    for (let partition = 0; partition < this.#partitions; partition++) {
      const isBehind =
        this.#told[partition]! < timeMs || this.#toldVouched[partition]! < this.#vouchedMs
      if (isBehind) this.#end(partition, timeMs)
    }
    this.#allTold = timeMs
    this.#allVouched = this.#vouchedMs
  }

  #end(partition: number, streamTimeMs: number): void {
    const vouchedMs = this.#vouchedMs
    const sentAtMs = this.#context.nowMs
    if (this.#together !== undefined) {
      const { toldMs, toldVouchedMs } = this.#together
      // No more than all tell: what readers keep of a thousand writers is short where these have come to the same.
      const times = {
        streamTimeMs: Math.min(streamTimeMs, toldMs),
        vouchedMs: Math.min(vouchedMs, toldVouchedMs),
        sentAtMs,
      }
      this.#rows.end(partition, times)
      return
    }
    this.#rows.end(partition, { streamTimeMs, vouchedMs, sentAtMs })
    this.#told[partition] = Math.max(this.#told[partition]!, streamTimeMs)
    this.#toldVouched[partition] = vouchedMs
  }

  #learn(id: number): void {
    if (id >= this.#partitionOf.length) this.#partitionOf = doubled(this.#partitionOf)
    this.#partitionOf[id] = this.#partitionByKey(id)
    this.#rows.learn(id)
    this.#known = id + 1
  }

  #partitionByKey(id: number): number {
    const bytes = this.#groups.bytesOf(id)
    return partitionFor(bytes, this.#partitions, 0, bytes.length - this.#windowBytes)
  }
}
