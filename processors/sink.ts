// Writes records to a topic: serialized straight into the batch of their partition (Kafka's SinkNode
// with the default partitioner: murmur2 of the key, of a windowed key the key inside).
import { partitionFor } from '../broker/partitioner.ts'
import type { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { DynamicSinkNode, ErasedSinkTopic, SinkNode } from '../topology/node.ts'
import { OVERRUN, Pieces } from '../topology/serdes/pieces.ts'
import { ByteBuffer, type Serializer } from '../topology/serdes/serde.ts'
import { innerSerdeOf, windowBytesOf, writeWindowStart } from '../topology/serdes/windowed.ts'
import { partitionChooser } from './chosen-partitions.ts'
import type { OnFailure } from './failures.ts'
import { RecordView, writeHeaders } from './headers.ts'
import { userError, type Forward, type StreamRecord, type TaskContext } from './processor.ts'
import { assertTaken, assertTakenWithoutKey } from './topic-takes.ts'

/** A sink for each topic that is chosen; user code chooses, and topics must exist. */
export function dynamicSink(
  node: DynamicSinkNode,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const choose = node.choose as unknown as (value: unknown, record: RecordView) => string
  const seen = new RecordView(context)
  const sinks = new Map<string, Forward>()
  return (record) => {
    let name: string
    seen.record = record
    try {
      name = topicNamed(choose(record.value, seen))
    } catch (cause) {
      failed(cause)
      return
    }
    let write = sinks.get(name)
    if (write === undefined) {
      const { key, value } = node
      write = sink(node, { name, key, value, formats: {} }, failed, context)
      sinks.set(name, write)
    }
    write(record)
  }
}

function topicNamed(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  const given = name === '' ? 'an empty name' : String(name)
  throw new TypeError(`the topic of this record is ${given}; choose the name of a topic for each`)
}

/**
 * `topic.value` is the format that the configuration picked. What a serde cannot write is for `failed`: of that
 * record nothing is sent.
 */
export function sink(
  node: SinkNode | DynamicSinkNode,
  topic: ErasedSinkTopic,
  failed: OnFailure,
  context: TaskContext,
): Forward {
  const output = context.output(topic.name)
  const { partitions } = output
  // What goes wrong there is no fault of the record in work.
  const rowsOf = (partition: number): RecordBatchBuilder => {
    try {
      return output.rowsOf(partition)
    } catch (cause) {
      throw userError(node.name, cause)
    }
  }
  const keySerde = topic.key as Serializer<unknown>
  const valueSerde = topic.value as Serializer<unknown>
  const inner = innerSerdeOf(topic.key)
  const known = new KnownKeys(partitions)
  const buffer = new ByteBuffer()

  /** The batch for the record, its key written: the key's bytes are at hand when a grouping made it. */
  const writeKey: (record: Parameters<Forward>[0]) => RecordBatchBuilder = (record) => {
    const { keys, keyId } = record
    if (inner !== undefined && keys !== undefined && known.isOf(keys, inner)) {
      const rows = rowsOf(known.partitionOf(keys, keyId))
      known.writeKey(keys, keyId, rows)
      writeWindowStart(record.windowStartMs, rows)
      rows.endKey()
      return rows
    }
    if (record.key === null || record.key === undefined) {
      assertTakenWithoutKey(topic.name, output)
      // Without a key nothing asks for a partition: the task's own keeps the order and spreads the load.
      const rows = rowsOf(context.partition % partitions)
      rows.endKey(true)
      return rows
    }
    buffer.position = 0
    keySerde.serialize(record.key, buffer)
    // A windowed key goes where its key goes, whatever the window.
    const length = buffer.position - windowBytesOf(keySerde)
    return writeKeyBytes(buffer, rowsOf(partitionFor(buffer.bytes, partitions, 0, length)))
  }

  /** Writes what follows the key. */
  const writeRest = (record: StreamRecord, rows: RecordBatchBuilder): void => {
    const { value } = record
    if (value !== null && value !== undefined) valueSerde.serialize(value, rows)
    rows.endValue(value === null || value === undefined)
    writeHeaders(rows, context)
    assertTaken(rows, record.timestampMs, context, topic.name, output)
    rows.endRecord(record.timestampMs)
  }
  const byKey: Forward = (record) => {
    let rows: RecordBatchBuilder | undefined
    try {
      rows = writeKey(record)
      writeRest(record, rows)
    } catch (cause) {
      rows?.forgetRow()
      failed(cause)
    }
  }
  const { partitioner } = node
  if (partitioner === undefined) return byKey
  const to = { topic: topic.name, partitions }
  const choose = partitionChooser(partitioner, to)
  return (record) => {
    let chosen: readonly number[] | undefined
    try {
      chosen = choose(record)
    } catch (cause) {
      failed(cause)
      return
    }
    if (chosen === undefined) byKey(record)
    else if (chosen.length === 0) context.drop(node.name, 'unrouted')
    else writeToEach(chosen, record)
  }

  function writeToEach(partitions: readonly number[], record: StreamRecord): void {
    let rows: RecordBatchBuilder | undefined
    try {
      for (const partition of partitions) {
        rows = rowsOf(partition)
        const isNull = record.key === null || record.key === undefined
        if (isNull) assertTakenWithoutKey(topic.name, output)
        if (!isNull) keySerde.serialize(record.key, rows)
        rows.endKey(isNull)
        writeRest(record, rows)
      }
    } catch (cause) {
      rows?.forgetRow()
      failed(cause)
    }
  }
}

function writeKeyBytes(key: ByteBuffer, rows: RecordBatchBuilder): RecordBatchBuilder {
  rows.reserve(key.position)
  rows.bytes.set(key.bytes.subarray(0, key.position), rows.position)
  rows.position += key.position
  rows.endKey()
  return rows
}

/** A grouping's keys by key id: where each goes and how it is written, worked out once. */
class KnownKeys {
  readonly #partitions: number
  #keys: KeyTable | undefined
  #isSame = false
  #epoch = -1
  #partitionOf = new Int16Array(1_024).fill(-1)
  readonly #pieces = new Pieces()

  constructor(partitions: number) {
    this.#partitions = partitions
  }

  /** Whether a grouping's keys have the bytes that this serde writes. */
  isOf(keys: KeyTable, serde: Serializer<never>): boolean {
    if (keys !== this.#keys) {
      this.#keys = keys
      this.#epoch = -1
      // Names say it of fields; two serdes of JSON objects have one name and different bytes.
      const isFields = 'kind' in serde && serde.kind === 'fields'
      this.#isSame = keys.serde === serde || (isFields && keys.serde.name === serde.name)
    }
    return this.#isSame
  }

  partitionOf(keys: KeyTable, keyId: number): number {
    if (keys.epoch !== this.#epoch || keyId >= this.#partitionOf.length) this.#resize(keys)
    const known = this.#partitionOf[keyId]!
    if (known >= 0) return known
    const bytes = keys.bytesOf(keyId)
    return (this.#partitionOf[keyId] = partitionFor(bytes, this.#partitions))
  }

  /** To be called after `partitionOf`, which sees to changed ids. */
  writeKey(keys: KeyTable, keyId: number, rows: RecordBatchBuilder): void {
    const pieces = this.#pieces
    if (!pieces.has(keyId)) pieces.set(keyId, keys.bytesOf(keyId))
    rows.reserve(pieces.lengthOf(keyId) + OVERRUN)
    rows.position = pieces.write(keyId, rows.view, rows.position)
  }

  #resize(keys: KeyTable): void {
    const grown = new Int16Array(Math.max(1_024, keys.end * 2)).fill(-1)
    if (keys.epoch === this.#epoch) grown.set(this.#partitionOf)
    else this.#pieces.clear()
    this.#partitionOf = grown
    this.#epoch = keys.epoch
  }
}
