// Writing: packed batches get their offsets inside the write transaction, so that threads and
// processes append to one partition without knowing of each other.
import type { TopicPartition } from '../ports.ts'
import {
  countOf,
  RecordBatchBuilder,
  rowStart,
  NULL_KEY,
  NULL_VALUE,
  setBaseOffset,
  unpack,
} from '../record-batch.ts'
import { batchKey, partitionKey } from './keys.ts'
import type { Log } from './log.ts'
import { readBounds, writeBounds } from './partition.ts'
import { setAppendedAtMs, trim } from './retention.ts'

// A value lies on contiguous pages: those of 64 to 512 KB are written and found fastest, and a long
// one makes the file grow where only short gaps are free.
const BATCH_BYTES_MAX = 524_288
const SPLIT_BYTES = 262_144
// Deletions that one append may do for each batch it adds: the log shrinks, no commit is long.
const TRIM_STEPS = 3

/** Rows ready to be appended. */
export interface PackedRows {
  readonly target: TopicPartition
  readonly packed: ArrayBuffer
}

/** Packs rows for a partition, in pieces when they are many; the builder is cleared. */
export function packRows(target: TopicPartition, rows: RecordBatchBuilder): PackedRows[] {
  if (rows.count === 0) return []
  const packed = rows.pack()
  if (packed.byteLength <= BATCH_BYTES_MAX || countOf(packed) === 1) return [{ target, packed }]
  return split(packed).map((piece) => ({ target, packed: piece }))
}

function split(packed: ArrayBuffer): ArrayBuffer[] {
  const batch = unpack(packed)
  const pieces: ArrayBuffer[] = []
  const piece = new RecordBatchBuilder()
  for (let row = 0; row < batch.count; row++) {
    const start = rowStart(batch, row)
    const ends = batch.ends.subarray(3 * row, 3 * row + 3)
    const [keyEnd = start, valueEnd = keyEnd, end = valueEnd] = ends
    if (piece.count > 0 && piece.position + end - start > SPLIT_BYTES) pieces.push(piece.pack())
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
  pieces.push(piece.pack())
  return pieces
}

/**
 * Appends rows to their partitions, and deletes what these no longer keep. Call it in a transaction.
 * @throws BrokerError MILLRACE_TOPIC_MISSING
 */
export function append(log: Log, rows: readonly PackedRows[]): void {
  const nowMs = log.nowMs()
  for (const [target, batches] of byPartition(rows)) {
    const topic = log.topics.get(target)
    const key = partitionKey(topic.id, target.partition)
    const bounds = readBounds(log, key)
    for (const packed of batches) {
      setBaseOffset(packed, bounds.end)
      setAppendedAtMs(packed, nowMs)
      log.batches.putSync(batchKey(topic.id, target.partition, bounds.end), Buffer.from(packed))
      bounds.end += countOf(packed)
      bounds.bytes += packed.byteLength
    }
    trim(log, topic, target.partition, bounds, nowMs, TRIM_STEPS * batches.length)
    writeBounds(log, key, bounds)
  }
}

function byPartition(rows: readonly PackedRows[]): Map<TopicPartition, ArrayBuffer[]> {
  const groups = new Map<string, { target: TopicPartition; batches: ArrayBuffer[] }>()
  for (const { target, packed } of rows) {
    const name = `${target.partition}/${target.topic}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { target, batches: [packed] })
    else group.batches.push(packed)
  }
  return new Map([...groups.values()].map(({ target, batches }) => [target, batches]))
}
