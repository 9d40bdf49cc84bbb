// Sends each record to the partition that owns its key, through a repartition topic. Kafka: the repartition
// sinks of KStream.groupBy, KStream.repartition and KTable.groupBy, with the default partitioner.
import { partitionFor } from '../broker/partitioner.ts'
import type { GroupKey } from '../topology/node.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import { windowBytesOf } from '../topology/serdes/windowed.ts'
import { FrameBuilder, NO_KEY } from './frame.ts'
import { GroupKeys, keyIdOf } from './group-keys.ts'
import { userError, type Forward, type StreamRecord, type TaskContext } from './processor.ts'
import type { OnFailure } from './failures.ts'

/** Group keys known at once; beyond that the dictionary starts anew, between two flushes. */
const GROUPS_MAX = 1_048_576

/** A frame is one record to the broker, and brokers refuse records of a megabyte. */
const FRAME_BYTES_MAX = 524_288

/** What a writer is told of the node that it writes for. */
export interface WriterSpec {
  readonly node: string
  readonly topic: string
  readonly key: GroupKey
  /** How values travel; undefined where nothing behind the topic looks at them. */
  readonly value: Serde<unknown> | undefined
  /** Whether rows written to one partition tell the event time to all: no operator stands between. */
  readonly vouches: boolean
  /** Whether windowed keys go where a sink would write them: by the key inside. */
  readonly goesByInnerKey: boolean
  /** Whether records without a key are sent, too. */
  readonly takesNullKeys: boolean
  readonly failed: OnFailure
}

/** Writes rows to a repartition topic in frames. The task calls `flush` after each batch and emission. */
export class RepartitionWriter {
  readonly #spec: WriterSpec
  readonly #value: Serde<unknown> | undefined
  readonly #context: TaskContext
  readonly #keyIdOf: (record: StreamRecord) => number
  readonly #groups: GroupKeys
  /** Bytes at the end of a key that have no say in where it goes. */
  readonly #windowBytes: number
  readonly #frames: FrameBuilder[]
  #partitionOf = new Int32Array(1_024)
  /** Number of a key in its frame in work, valid where `#frameOf` is that frame's number. */
  #frameKeyOf = new Int32Array(1_024)
  #frameOf = new Int32Array(1_024)
  #known = 0
  /** Highest timestamp written, epoch ms. */
  #seenMs = -1
  #vouchedMs = -1
  /** Event times that each partition has been told, epoch ms. */
  readonly #told: Float64Array
  readonly #toldVouched: Float64Array

  constructor(spec: WriterSpec, context: TaskContext) {
    this.#spec = spec
    this.#value = spec.value
    this.#context = context
    this.#groups = new GroupKeys(spec.key.serde)
    this.#windowBytes = spec.goesByInnerKey ? windowBytesOf(spec.key.serde) : 0
    this.#keyIdOf = keyIdOf(spec.key, this.#groups)
    const { partitions } = context.output(spec.topic)
    const hasValues = spec.value !== undefined
    this.#frames = Array.from({ length: partitions }, () => new FrameBuilder(hasValues))
    this.#told = new Float64Array(partitions).fill(-2)
    this.#toldVouched = new Float64Array(partitions).fill(-2)
  }

  readonly process: Forward = (record) => {
    let id: number
    try {
      id = this.#keyIdOf(record)
    } catch (cause) {
      this.#spec.failed(record, cause)
      return
    }
    if (id < 0) this.#sendWithoutKey(record)
    else this.#send(id, record.timestampMs, record.value)
  }

  /** Sends a value under a key. @throws ProcessingError when a serde cannot write one. */
  send(key: unknown, timestampMs: number, value: unknown): void {
    if (key === null) this.#sendWithoutKey({ timestampMs, value })
    else this.#send(this.#idOf(key), timestampMs, value)
  }

  /** Sends a value under a key to a partition that does not follow from the key. @throws as `send` */
  sendTo(partition: number, key: unknown, timestampMs: number, value: unknown): void {
    const id = this.#idOf(key)
    if (id >= this.#known) this.#learn(id)
    if (this.#partitionOf[id] !== partition) {
      this.#partitionOf[id] = partition
      // Its number is one in a frame of another partition.
      this.#frameOf[id] = 0
    }
    this.#send(id, timestampMs, value)
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
    const partition = this.#context.partition % this.#frames.length
    const frame = this.#frames[partition]!
    if (frame.byteLength > FRAME_BYTES_MAX) this.#write(partition, this.#context.streamTimeMs)
    if (this.#value !== undefined) this.#writeValue(frame, this.#value, value)
    frame.addRow(NO_KEY, timestampMs)
    if (timestampMs > this.#seenMs) this.#seenMs = timestampMs
  }

  #send(id: number, timestampMs: number, value: unknown): void {
    if (id >= this.#known) this.#learn(id)
    const partition = this.#partitionOf[id]!
    const frame = this.#frames[partition]!
    const serde = this.#value
    if (frame.byteLength > FRAME_BYTES_MAX && (serde !== undefined || this.#isNewIn(frame, id))) {
      this.#write(partition, this.#context.streamTimeMs)
    }
    if (this.#isNewIn(frame, id)) {
      this.#frameOf[id] = frame.number
      this.#groups.write(id, frame.keys)
      this.#frameKeyOf[id] = frame.endKey()
    }
    if (serde !== undefined) this.#writeValue(frame, serde, value)
    frame.addRow(this.#frameKeyOf[id]!, timestampMs)
    if (timestampMs > this.#seenMs) this.#seenMs = timestampMs
  }

  #isNewIn(frame: FrameBuilder, id: number): boolean {
    return this.#frameOf[id] !== frame.number
  }

  #writeValue(frame: FrameBuilder, serde: Serde<unknown>, value: unknown): void {
    const isNull = value === null || value === undefined
    try {
      if (!isNull) serde.serialize(value, frame.values)
    } catch (cause) {
      throw userError(this.#spec.node, cause)
    }
    frame.endValue(isNull)
  }

  /**
   * Hands the rows over. Frames also carry the event time that the task has come to, and the one that it
   * vouches for; with `toAll` a partition gets one without rows, too, when it has not been told yet.
   */
  flush(timeMs: number, vouchedMs: number, toAll: boolean): void {
    const seenMs = this.#spec.vouches ? this.#seenMs : -1
    this.#vouchedMs = Math.max(this.#vouchedMs, vouchedMs, seenMs)
    this.#frames.forEach((frame, partition) => {
      const isBehind =
        this.#told[partition]! < timeMs || this.#toldVouched[partition]! < this.#vouchedMs
      if (frame.rowCount > 0 || (toAll && isBehind)) this.#write(partition, timeMs)
    })
    if (this.#groups.size > GROUPS_MAX) {
      this.#groups.clear()
      this.#known = 0
    }
  }

  #write(partition: number, streamTimeMs: number): void {
    const frame = this.#frames[partition]!
    const rows = this.#context.output(this.#spec.topic).rowsOf(partition)
    const { byteLength } = frame
    rows.reserve(byteLength)
    rows.endKey(true)
    const { partition: writer, oldestMs, nowMs } = this.#context
    const vouchedMs = this.#vouchedMs
    frame.write(rows.bytes, rows.position, writer, { streamTimeMs, vouchedMs, sentAtMs: nowMs })
    this.#told[partition] = Math.max(this.#told[partition]!, streamTimeMs)
    this.#toldVouched[partition] = vouchedMs
    rows.position += byteLength
    rows.endValue()
    // The rows' own times lie in the frame; the record's tells how long they have been under way.
    rows.endRecord(oldestMs === Infinity ? nowMs : oldestMs)
  }

  #learn(id: number): void {
    if (id >= this.#partitionOf.length) {
      this.#partitionOf = doubled(this.#partitionOf)
      this.#frameKeyOf = doubled(this.#frameKeyOf)
      this.#frameOf = doubled(this.#frameOf)
    }
    const bytes = this.#groups.bytesOf(id)
    const end = bytes.length - this.#windowBytes
    this.#partitionOf[id] = partitionFor(bytes, this.#frames.length, 0, end)
    this.#frameOf[id] = 0
    this.#known = id + 1
  }
}

function doubled(from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2)
  to.set(from)
  return to
}
