// Grouping: gives each record a key id, and sends it to the partition that owns the key, or keeps it
// where the key did not change. Kafka: KStream.groupBy with its repartition sink.
import { partitionFor } from '../broker/partitioner.ts'
import { KeyTable } from '../state/key-table.ts'
import { Dictionary } from '../topology/serdes/dictionary.ts'
import { ByteBuffer, type ByteSink, type Serde } from '../topology/serdes/serde.ts'
import type { GroupKey, GroupNode } from '../topology/node.ts'
import type { Column } from '../topology/serdes/json-column.ts'
import type { JsonScanner } from '../topology/serdes/json-scanner.ts'
import { FrameBuilder } from './frame.ts'
import { PairIndex } from './pair-index.ts'
import { userError, type Forward, type StreamRecord, type TaskContext } from './processor.ts'
import { RowView } from './row-view.ts'

/** Group keys known at once; beyond that the dictionary starts anew, between two flushes. */
const GROUPS_MAX = 1_048_576

/** A frame is one record to the broker, and brokers refuse records of a megabyte. */
const FRAME_BYTES_MAX = 524_288

/** Writes rows to a repartition topic in frames. The task calls `flush` after each batch and emission. */
export class RepartitionWriter {
  readonly #node: GroupNode
  readonly #context: TaskContext
  readonly #topic: string
  readonly #keyIdOf: (record: StreamRecord) => number
  readonly #groups: GroupKeys
  readonly #frames: FrameBuilder[]
  #partitionOf = new Int32Array(1_024)
  /** Number of a key in its frame in work, valid where `#frameOf` is that frame's number. */
  #frameKeyOf = new Int32Array(1_024)
  #frameOf = new Int32Array(1_024)
  #known = 0
  /** Event time that each partition has been told, epoch ms. */
  readonly #told: Float64Array

  constructor(node: GroupNode, topic: string, context: TaskContext) {
    this.#node = node
    this.#context = context
    this.#topic = topic
    this.#groups = new GroupKeys(node.key.serde)
    this.#keyIdOf = keyIdOf(node.key, this.#groups)
    const { partitions } = context.output(topic)
    this.#frames = Array.from({ length: partitions }, () => new FrameBuilder())
    this.#told = new Float64Array(partitions).fill(-2)
  }

  readonly process: Forward = (record) => {
    let id: number
    try {
      id = this.#keyIdOf(record)
    } catch (cause) {
      throw userError(this.#node.name, cause)
    }
    if (id < 0) {
      this.#context.drop(this.#node.name, 'null-key')
      return
    }
    if (id >= this.#known) this.#learn(id)
    const partition = this.#partitionOf[id]!
    const frame = this.#frames[partition]!
    if (this.#frameOf[id] !== frame.number) {
      if (frame.byteLength > FRAME_BYTES_MAX) this.#write(partition, this.#context.streamTimeMs)
      this.#frameOf[id] = frame.number
      this.#groups.write(id, frame.keys)
      this.#frameKeyOf[id] = frame.endKey()
    }
    frame.addRow(this.#frameKeyOf[id]!, record.timestampMs)
  }

  /**
   * Hands the rows over. Frames also carry the event time that the task vouches for: with `toAll` a
   * partition gets one without rows, too, when it has not been told that time yet.
   */
  flush(timeMs: number, toAll: boolean): void {
    this.#frames.forEach((frame, partition) => {
      const tells = toAll && this.#told[partition]! < timeMs
      if (frame.rowCount > 0 || tells) this.#write(partition, timeMs)
    })
    if (this.#groups.size > GROUPS_MAX) {
      this.#groups.clear()
      this.#known = 0
    }
  }

  #write(partition: number, timeMs: number): void {
    const frame = this.#frames[partition]!
    const rows = this.#context.output(this.#topic).rowsOf(partition)
    const { byteLength } = frame
    rows.reserve(byteLength)
    rows.endKey(true)
    const { partition: writer, oldestMs, nowMs } = this.#context
    frame.write(rows.bytes, rows.position, writer, timeMs, nowMs)
    this.#told[partition] = Math.max(this.#told[partition]!, timeMs)
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
    this.#partitionOf[id] = partitionFor(bytes, this.#frames.length)
    this.#frameOf[id] = 0
    this.#known = id + 1
  }
}

/** Groups in place: the key did not change, so the task that reads a record owns its key. */
export function groupInPlace(node: GroupNode, keys: KeyTable, next: Forward, context: TaskContext) {
  const serde = keys.serde
  const buffer = new ByteBuffer()
  return (record: StreamRecord): void => {
    if (record.key === null || record.key === undefined) {
      context.drop(node.name, 'null-key')
      return
    }
    buffer.position = 0
    try {
      serde.serialize(record.key, buffer)
    } catch (cause) {
      throw userError(node.name, cause)
    }
    const { keys: keysBefore, keyId } = record
    record.keys = keys
    record.keyId = keys.idOf(buffer.bytes, 0, buffer.position)
    next(record)
    record.keys = keysBefore
    record.keyId = keyId
  }
}

/** The group keys that a writer has met: bytes by id. */
class GroupKeys {
  /** Goes up when all ids are forgotten. */
  epoch = 0
  readonly #dictionary = new Dictionary()
  readonly #serde: Serde<unknown>
  readonly #buffer = new ByteBuffer()

  constructor(serde: Serde<unknown>) {
    this.#serde = serde
  }

  get size(): number {
    return this.#dictionary.size
  }

  idOf(key: unknown): number {
    this.#buffer.position = 0
    this.#serde.serialize(key, this.#buffer)
    return this.#dictionary.idOf(this.#buffer.bytes, 0, this.#buffer.position)
  }

  bytesOf(id: number): Uint8Array {
    return this.#dictionary.bytesOf(id)
  }

  write(id: number, sink: ByteSink): void {
    this.#dictionary.write(id, sink)
  }

  clear(): void {
    this.#dictionary.clear()
    this.epoch += 1
  }
}

/** The id of a record's group key, -1 for a null key. */
function keyIdOf(key: GroupKey, groups: GroupKeys): (record: StreamRecord) => number {
  if (key.by === 'fields') return fieldsKeyIdOf(key.names, groups)
  if (key.by === 'same-key') {
    return ({ key: same }) => (same === null || same === undefined ? -1 : groups.idOf(same))
  }
  const select = key.select as unknown as (value: unknown, record: StreamRecord) => unknown
  return (record) => {
    const selected = select(record.value, record)
    return selected === null || selected === undefined ? -1 : groups.idOf(selected)
  }
}

/** By fields: rows of a scanner go by the ids of their columns, other values by what they hold. */
function fieldsKeyIdOf(
  names: readonly string[],
  groups: GroupKeys,
): (record: StreamRecord) => number {
  const levels = names.slice(1).map(() => new PairIndex())
  let groupOfPath: number[] = []
  let columns: readonly Column[] | undefined
  let batch = -1
  let dictionaryEpoch = 0
  let groupsEpoch = 0

  /** A new batch has new columns, and ids may have changed their meaning. */
  const enter = (scanner: JsonScanner): void => {
    columns = columnsOf(scanner, names)
    if (dictionaryEpoch !== scanner.dictionaryEpoch || groupsEpoch !== groups.epoch) {
      for (const level of levels) level.clear()
      groupOfPath = []
    }
    batch = scanner.batch
    dictionaryEpoch = scanner.dictionaryEpoch
    groupsEpoch = groups.epoch
  }
  return (record) => {
    const value = record.value as Record<string, unknown>
    if (!(value instanceof RowView)) return groups.idOf(pick(value, names))
    const { scanner, row } = value as RowView
    if (batch !== scanner.batch || groupsEpoch !== groups.epoch) enter(scanner)
    if (columns === undefined) return groups.idOf(pick(value, names))
    let path = columns[0]!.ids[row]!
    if (path < 0) return groups.idOf(pick(value, names))
    for (let i = 0; i < levels.length; i++) {
      const id = columns[i + 1]!.ids[row]!
      if (id < 0) return groups.idOf(pick(value, names))
      path = levels[i]!.pathOf(path, id)
    }
    return (groupOfPath[path] ??= groups.idOf(pick(value, names)))
  }
}

/** The columns of the fields when all of them are interned. */
function columnsOf(scanner: JsonScanner, names: readonly string[]): Column[] | undefined {
  const columns = names.map((name) => scanner.columns.find((column) => column.name === name))
  return columns.every((column) => column?.dictionary !== undefined)
    ? (columns as Column[])
    : undefined
}

function pick(value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const key: Record<string, unknown> = {}
  for (const name of names) key[name] = value[name] ?? null
  return key
}

function doubled(from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2)
  to.set(from)
  return to
}
