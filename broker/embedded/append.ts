// Writing: batches on the disk get their offsets inside a write transaction, so that threads and
// processes append to one partition without knowing of each other.
import type { TopicPartition } from '../ports.ts'
import { countOf, unpack } from '../packed-batch.ts'
import { rowStart, NULL_KEY, NULL_VALUE } from '../record-batch.ts'
import { RecordBatchBuilder } from '../record-batch-builder.ts'
import { batchKey, partitionKey } from './keys.ts'
import type { Log } from './log.ts'
import { readBounds, writeBounds } from './partition.ts'
import { packPointer } from './pointer.ts'
import { trim } from './retention.ts'
import type { PlacedRows } from './segment-writer.ts'

// What a reader holds at a time, about.
const BATCH_BYTES_MAX = 524_288
const SPLIT_BYTES = 262_144
/** Holds the lumps that a worker hands over, columns included. */
const ROOM_BYTES = 196_608
/** What is smaller gets a buffer of its own: a commit may have some rows for each of a thousand partitions. */
const SMALL_BYTES = 16_384
/** Buffers kept for the next commit: 12 MB at most. */
const SPARE_MAX = 64
// Deletions that one append may do for each batch it adds: the log shrinks, no commit is long.
const TRIM_STEPS = 3

/** Rows ready to be written. */
export interface PackedRows {
  readonly target: TopicPartition
  readonly packed: Uint8Array<ArrayBuffer>
}

/** Buffers that packed rows lie in until they are on the disk. */
export class PackRooms {
  readonly #spare: ArrayBuffer[] = []

  /** A buffer of at least so many bytes. */
  take(bytes: number): ArrayBuffer {
    if (bytes > ROOM_BYTES || bytes < SMALL_BYTES) return new ArrayBuffer(bytes)
    return this.#spare.pop() ?? new ArrayBuffer(ROOM_BYTES)
  }

  /** Takes back the buffers of rows that were appended. */
  giveBack(rows: readonly PackedRows[]): void {
    for (const { packed } of rows) {
      const isOurs = packed.buffer.byteLength === ROOM_BYTES
      if (isOurs && this.#spare.length < SPARE_MAX) this.#spare.push(packed.buffer)
    }
  }
}

/** Packs rows for a partition, in pieces when they are many; the builder is cleared. */
export function packRows(
  target: TopicPartition,
  rows: RecordBatchBuilder,
  rooms?: PackRooms,
): PackedRows[] {
  if (rows.count === 0) return []
  const bytes = rows.packedBytes
  const packed = rows.packInto(rooms?.take(bytes) ?? new ArrayBuffer(bytes))
  if (packed.byteLength <= BATCH_BYTES_MAX || countOf(packed) === 1) return [{ target, packed }]
  return split(packed).map((piece) => ({ target, packed: piece }))
}

function split(packed: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const batch = unpack(packed)
  const pieces: Uint8Array<ArrayBuffer>[] = []
  const piece = new RecordBatchBuilder()
  for (let row = 0; row < batch.count; row++) {
    const start = rowStart(batch, row)
    const ends = batch.ends.subarray(3 * row, 3 * row + 3)
    const [keyEnd = start, valueEnd = keyEnd, end = valueEnd] = ends
    if (piece.count > 0 && piece.position + end - start > SPLIT_BYTES) {
      pieces.push(new Uint8Array(piece.pack()))
    }
    const nulls = batch.nulls[row] ?? 0
    const base = piece.position - start
    piece.reserve(end - start)
    piece.bytes.set(batch.bytes.subarray(start, end), piece.position)
    piece.position = base + keyEnd
    piece.endKey((nulls & NULL_KEY) !== 0)
    piece.position = base + valueEnd
    piece.endValue((nulls & NULL_VALUE) !== 0)
    piece.position = base + end
    piece.endRecord(batch.timestamps[row] ?? 0)
  }
  pieces.push(new Uint8Array(piece.pack()))
  return pieces
}

/**
 * Appends rows to their partitions, and deletes what these no longer keep. Call it in a transaction.
 * `onAppended` is told the offset of the first row of each.
 * @throws BrokerError MILLRACE_TOPIC_MISSING
 */
export function append(
  log: Log,
  rows: readonly PlacedRows[],
  onAppended?: (rows: PlacedRows, offset: number) => void,
): void {
  const nowMs = log.nowMs()
  for (const [target, placed] of byPartition(rows)) {
    const topic = log.topics.get(target)
    const key = partitionKey(topic.id, target.partition)
    const bounds = readBounds(log, key)
    for (const each of placed) {
      const { pointer } = each
      onAppended?.(each, bounds.end)
      log.batches.putSync(batchKey(topic.id, target.partition, bounds.end), packPointer(pointer))
      log.segments.count(pointer.segment, 1)
      bounds.end += pointer.count
      bounds.bytes += pointer.length
    }
    trim(log, topic, target.partition, bounds, nowMs, TRIM_STEPS * placed.length)
    writeBounds(log, key, bounds)
  }
}

function byPartition(rows: readonly PlacedRows[]): Map<TopicPartition, PlacedRows[]> {
  const groups = new Map<string, { target: TopicPartition; placed: PlacedRows[] }>()
  for (const each of rows) {
    const { target } = each
    const name = `${target.partition}/${target.topic}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { target, placed: [each] })
    else group.placed.push(each)
  }
  return new Map([...groups.values()].map(({ target, placed }) => [target, placed]))
}
