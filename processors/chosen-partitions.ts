// Asks partitioners of the user's own where a record goes, and holds them to the partitions that there are.
import type { PartitionedTopic, SinkPartitioner } from '../topology/partitioner.ts'
import type { StreamRecord } from './processor.ts'

/** The partitions of one record; undefined where its key decides. */
export type ChoosePartitions = (record: StreamRecord) => readonly number[] | undefined

/** What it gives throws where the partitioner does, or names a partition that is not there. */
export function partitionChooser(
  partitioner: SinkPartitioner<never, never>,
  to: PartitionedTopic,
): ChoosePartitions {
  const choose = partitioner as unknown as SinkPartitioner<unknown, unknown>
  return (record) => {
    const chosen = choose(record.value, record, to)
    if (chosen === undefined) return undefined
    const partitions = typeof chosen === 'number' ? [chosen] : chosen
    for (const partition of partitions) check(partition, to)
    return partitions
  }
}

function check(partition: number, { topic, partitions }: PartitionedTopic): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return
  const range = partitions === 1 ? 'only 0 is one' : `they go from 0 to ${partitions - 1}`
  throw new Error(
    `the partitioner gave ${String(partition)} for topic ${topic}, which has ${partitions} partitions: ${range}`,
  )
}
