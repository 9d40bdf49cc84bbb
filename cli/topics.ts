// `millrace topics`: what topics there are, and how much is in them.
import { Command } from 'commander'
import type { Broker, TopicDescription } from '../broker/ports.ts'
import { inContext } from './command.ts'
import { table } from './table.ts'

interface TopicsOptions {
  readonly json?: boolean
}

interface PartitionRow {
  readonly partition: number
  readonly start: number
  readonly end: number
  readonly rows: number
}

interface TopicRow {
  readonly topic: string
  readonly rows: number
  readonly partitions: readonly PartitionRow[]
}

/** The command `topics`. */
export function topicsCommand(): Command {
  const command = new Command('topics')
    .description('list the topics with their partitions, offsets and rows')
    .option('--json', 'as one JSON array')
  return inContext<TopicsOptions>(command, async (context, _args, { json }) => {
    const broker = await context.openBroker()
    const topics = await broker.topics()
    topics.sort((a, b) => (a.name < b.name ? -1 : 1))
    const rows: TopicRow[] = []
    for (const topic of topics) rows.push(await rowOf(broker, topic))
    await context.write(json === true ? `${JSON.stringify(rows)}\n` : textOf(broker, rows))
  })
}

async function rowOf(broker: Broker, { name, partitions }: TopicDescription): Promise<TopicRow> {
  const watermarks = await broker.watermarks(
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
  )
  const rows = watermarks.map(({ start, end }, partition) => {
    return { partition, start, end, rows: end - start }
  })
  return { topic: name, rows: rows.reduce((sum, row) => sum + row.rows, 0), partitions: rows }
}

function textOf(broker: Broker, rows: readonly TopicRow[]): string {
  if (rows.length === 0) return `${broker.address} has no topics yet\n`
  return table(
    ['topic', 'partitions', 'rows', 'offsets (start-end of each partition)'],
    rows.map(({ topic, rows: count, partitions }) => [
      topic,
      partitions.length,
      count,
      partitions.map(({ start, end }) => `${start}-${end}`).join(' '),
    ]),
  )
}
