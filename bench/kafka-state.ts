// What bench/restore and bench/takeover have in common: input that makes state of a size, and how far the tasks
// of an instance are.
import { partitionFor } from '../broker/partitioner.ts'
import type { Broker } from '../broker/ports.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import type { RunningStreams } from '../runtime/running-streams.ts'
import { keyCounts, keysIn } from './keyed-job.ts'

/** The module of the job. */
export const JOB = 'keyed-job.js'
/** The same without windows. */
export const TABLE_JOB = 'keyed-table-job.js'
/** Of all topics; there are as many tasks. */
export const PARTITIONS = 4

const AT_MS = 1_700_000_000_000
const VALUE = Buffer.from('row')
const BATCH_BYTES = 400_000

/** Writes a row for each of so many keys of `keyBytes`. */
export async function fill(broker: Broker, keys: number, keyBytes: number): Promise<void> {
  const config = { 'retention.ms': '-1' }
  await broker.ensureTopics(
    [keysIn, keyCounts].map(({ name }) => ({ name, partitions: PARTITIONS, config })),
  )
  const producer = await broker.openProducer()
  const waiting = Array.from({ length: PARTITIONS }, () => new RecordBatchBuilder())
  for (let i = 0; i < keys; i++) {
    const key = Buffer.from(String(i).padStart(keyBytes, 'k'))
    const partition = partitionFor(key, PARTITIONS)
    const batch = waiting[partition]!
    batch.append(key, VALUE, AT_MS)
    if (batch.position > BATCH_BYTES) {
      await producer.send({ topic: keysIn.name, partition }, batch)
    }
  }
  for (const [partition, batch] of waiting.entries()) {
    if (batch.count > 0) await producer.send({ topic: keysIn.name, partition }, batch)
  }
  await producer.flush()
  await producer.close()
}

/** Records in all partitions of a topic. */
export async function recordsIn(broker: Broker, topic: string): Promise<number> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
  const marks = await broker.watermarks(partitions)
  return marks.reduce((sum, { start, end }) => sum + end - start, 0)
}

/** The sum of a metric over all its series with this label, or of all. */
export function total(streams: RunningStreams, name: string, label = ''): number {
  const family = streams.metrics().find((each) => each.name === name)
  return (family?.samples ?? [])
    .filter(({ labels }) => label === '' || Object.values(labels).includes(label))
    .reduce((sum, { value }) => sum + value, 0)
}
