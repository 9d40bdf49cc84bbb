// How cost grows with partitions, groups and the size of rows, on the embedded log:
// `node dist/bench/growth.js [partitions|groups|bytes] [most]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBroker } from '../broker/open.ts'
import { partitionFor } from '../broker/partitioner.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { rowsIn } from './counting-job.ts'
import { runToEnd } from './counting-run.ts'

/** One run: what is varied, and the rest as in the middle of all. */
interface Load {
  readonly partitions: number
  readonly groups: number
  readonly bytes: number
  readonly rows: number
}

const MIDDLE: Load = { partitions: 4, groups: 10_000, bytes: 400, rows: 400_000 }
/** So much of input is enough for large rows. */
const INPUT_BYTES_MAX = 400_000_000
const BATCH_BYTES = 400_000
const AT_MS = 1_700_000_000_000
const HOUR_MS = 3_600_000

const AXES: Readonly<Record<string, readonly number[]>> = {
  partitions: [1, 2, 4, 16, 64],
  groups: [100, 10_000, 100_000, 1_000_000, 10_000_000],
  bytes: [100, 1_000, 10_000, 100_000],
}

function loadOf(axis: string, value: number): Load {
  if (axis === 'partitions') return { ...MIDDLE, partitions: value }
  // Each group once at least, or they would not be there.
  if (axis === 'groups') {
    return { ...MIDDLE, groups: value, bytes: 100, rows: Math.max(MIDDLE.rows, value) }
  }
  return {
    ...MIDDLE,
    bytes: value,
    rows: Math.min(MIDDLE.rows, Math.ceil(INPUT_BYTES_MAX / value)),
  }
}

/** Fills the input: groups in an order that has no pattern, times that rise over an hour. */
async function fill(directory: string, { partitions, groups, bytes, rows }: Load): Promise<void> {
  const broker = await openBroker({ kind: 'embedded', directory })
  await broker.ensureTopics([{ name: rowsIn.name, partitions }])
  const producer = await broker.openProducer()
  const waiting = Array.from({ length: partitions }, () => new RecordBatchBuilder())
  for (let i = 0; i < rows; i++) {
    const group = String((i * 7_919) % groups)
    const atMs = AT_MS + Math.floor((i / rows) * HOUR_MS)
    const head = `{"group":"${group}","atMs":${atMs},"text":"`
    const value = Buffer.from(`${head}${'x'.repeat(Math.max(0, bytes - head.length - 2))}"}`)
    const key = Buffer.from(String(i))
    const partition = partitionFor(key, partitions)
    const batch = waiting[partition]!
    batch.append(key, value, atMs)
    if (batch.position > BATCH_BYTES) await producer.send({ topic: rowsIn.name, partition }, batch)
  }
  for (const [partition, batch] of waiting.entries()) {
    if (batch.count > 0) await producer.send({ topic: rowsIn.name, partition }, batch)
  }
  await producer.flush()
  await producer.close()
  await broker.close()
}

async function measure(load: Load): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    await fill(directory, load)
    const figures = await runToEnd({
      'bootstrap.servers': `embedded:${directory}`,
      'topic.partitions': String(load.partitions),
    })
    const mbPerSecond = Math.round((figures.rows_per_s * load.bytes) / 1_000_000)
    console.log(JSON.stringify({ ...load, ...figures, mb_per_s: mbPerSecond }))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const [wanted, most = 'Infinity'] = process.argv.slice(2)
for (const [axis, values] of Object.entries(AXES)) {
  if (wanted !== undefined && wanted !== axis) continue
  for (const value of values) if (value <= Number(most)) await measure(loadOf(axis, value))
}
