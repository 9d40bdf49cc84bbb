// Sorts records by their time in bounded memory: what fits is sorted there, more goes in sorted runs to
// temporary files that are merged. Stable: records of one time keep the order in which they came.
import { unpack } from '../broker/packed-batch.ts'
import { keyOf, valueOf } from '../broker/record-batch.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import { RunDirectory } from './run-directory.ts'

/** How much memory sorting may take. */
export interface SortOptions {
  /** Bytes of records held at once; a batch of each run and the order of the rows come on top. */
  readonly memoryBytes: number
  /** Where runs are written: in a directory of their own there. The system's temporary one by default. */
  readonly directory?: string | undefined
}

/** Runs are merged together when there are this many, so that few files are open at a time. */
const RUNS_MAX = 64
/** Batches that go out, or into a run: small, as one of each run is in memory while merging. */
const BATCH_ROWS = 1_024
const BATCH_BYTES = 262_144

/**
 * The records of all `batches`, ascending by time.
 * @throws ReplayError MILLRACE_REPLAY_SORT when a run cannot be written or read.
 */
export async function* sortByTime(
  batches: AsyncIterable<RecordBatch>,
  { memoryBytes, directory }: SortOptions,
): AsyncGenerator<RecordBatch> {
  const runs = new RunDirectory(directory)
  let files: string[] = []
  let held: RecordBatch[] = []
  let heldBytes = 0
  try {
    for await (const batch of batches) {
      held.push(batch)
      heldBytes += bytesOf(batch)
      if (heldBytes < memoryBytes) continue
      files.push(await runs.write(sorted(held)))
      held = []
      heldBytes = 0
      // The merged run holds what came first and stays first, so ties keep their order.
      if (files.length === RUNS_MAX)
        files = [await runs.write(merge(files.map((file) => runs.read(file))))]
    }
    for await (const packed of merge([...files.map((file) => runs.read(file)), sorted(held)]))
      yield unpack(packed)
  } finally {
    await runs.remove()
  }
}

function bytesOf(batch: RecordBatch): number {
  // Per row 29 bytes of columns, and 8 of the order when it is sorted.
  return batch.bytes.length + 37 * batch.count
}

/** The rows of `batches` in order of time, as packed batches. */
function* sorted(batches: readonly RecordBatch[]): Generator<ArrayBuffer> {
  const rows = batches.reduce((sum, { count }) => sum + count, 0)
  const times = new Float64Array(rows)
  const firstRows: number[] = []
  let row = 0
  for (const batch of batches) {
    firstRows.push(row)
    times.set(batch.timestamps, row)
    row += batch.count
  }
  const order = new Uint32Array(rows).map((_, index) => index)
  // Files come ascending or descending, mostly; a merge sort as of V8 is quick on both.
  order.sort((a, b) => times[a]! - times[b]! || a - b)
  const output = new BatchOutput()
  for (const index of order) {
    const at = indexOfBatch(firstRows, index)
    const full = output.add(batches[at]!, index - firstRows[at]!)
    if (full !== undefined) yield full
  }
  yield* output.rest()
}

/** The last batch whose first row is at or before `row`. */
function indexOfBatch(firstRows: readonly number[], row: number): number {
  let low = 0
  let high = firstRows.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (firstRows[middle]! <= row) low = middle
    else high = middle
  }
  return low
}

/** Packed batches whose rows ascend by time. */
type Run = Iterable<ArrayBuffer> | AsyncIterable<ArrayBuffer>

/** Where a run is being read. */
interface Head {
  readonly iterator: Iterator<ArrayBuffer> | AsyncIterator<ArrayBuffer>
  batch: RecordBatch
  row: number
}

/** The rows of sorted runs as one; of rows of the same time those of the earlier run come first. */
async function* merge(runs: readonly Run[]): AsyncGenerator<ArrayBuffer> {
  const heads: Head[] = []
  for (const run of runs) {
    const iterator = Symbol.iterator in run ? run[Symbol.iterator]() : run[Symbol.asyncIterator]()
    const first = await iterator.next()
    if (first.done !== true) heads.push({ iterator, batch: unpack(first.value), row: 0 })
  }
  const output = new BatchOutput()
  while (heads.length > 0) {
    const at = earliest(heads)
    const head = heads[at]!
    const full = output.add(head.batch, head.row)
    if (full !== undefined) yield full
    head.row += 1
    if (head.row < head.batch.count) continue
    const next = await head.iterator.next()
    if (next.done === true) heads.splice(at, 1)
    else Object.assign(head, { batch: unpack(next.value), row: 0 })
  }
  yield* output.rest()
}

function earliest(heads: readonly Head[]): number {
  let first = 0
  let firstMs = Infinity
  for (let at = 0; at < heads.length; at++) {
    const { batch, row } = heads[at]!
    const timestampMs = batch.timestamps[row]!
    if (timestampMs < firstMs) {
      first = at
      firstMs = timestampMs
    }
  }
  return first
}

/** Collects rows until they make a batch. */
class BatchOutput {
  readonly #builder = new RecordBatchBuilder()

  /** Adds a row; gives a packed batch when that made it full. */
  add(batch: RecordBatch, row: number): ArrayBuffer | undefined {
    this.#builder.append(keyOf(batch, row), valueOf(batch, row), batch.timestamps[row]!)
    const isFull = this.#builder.count === BATCH_ROWS || this.#builder.position >= BATCH_BYTES
    return isFull ? this.#builder.pack() : undefined
  }

  *rest(): Generator<ArrayBuffer> {
    if (this.#builder.count > 0) yield this.#builder.pack()
  }
}
