// A running job that reads topics by a pattern, to which a topic comes while it runs: on any broker.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import { readTopic } from './final-tables.ts'
import { until } from './until.ts'

const JOB = new URL('../fixtures/regions-job.js', import.meta.url)

/** Runs the job; a second topic is made when it has counted the first. */
export async function readsTopicsThatAppear(broker: Broker, settings: Settings): Promise<void> {
  await write(broker, 'region-north', 'north', ['a', 'b'])
  const streams = await runStreams(JOB, streamsConfig(settings), { broker })
  try {
    await until('the first topic is counted', async () => (await counts(broker))['b'] === 1)
    expect(streams.problems).to.deep.equal([])
    await write(broker, 'region-south', 'south', ['a', 'c'])
    await until('the second topic is counted', async () => (await counts(broker))['c'] === 1)
    await write(broker, 'region-north', 'north', ['a'])
    await until('the first topic goes on', async () => (await counts(broker))['a'] === 3)
    expect(streams.problems).to.deep.equal([])
  } finally {
    streams.stop()
    await streams.done
  }
  expect(await counts(broker)).to.deep.equal({ a: 3, b: 1, c: 1 })
  const passed: string[] = []
  await readTopic(broker, 'all-regions', ({ value, headers }) => {
    passed.push(`${String(value)} from ${headers['region']}`)
  })
  expect(passed.sort()).to.deep.equal([
    'a from north',
    'a from north',
    'a from south',
    'b from north',
    'c from south',
  ])
}

async function write(
  broker: Broker,
  topic: string,
  region: string,
  values: readonly string[],
): Promise<void> {
  await broker.ensureTopics([{ name: topic, partitions: 2 }])
  const producer = await broker.openProducer()
  const header = { key: 'region', value: Buffer.from(region) }
  for (const [i, value] of values.entries()) {
    const rows = new RecordBatchBuilder()
    rows.append(Buffer.from('k'), Buffer.from(value), 1_000 + i, [header])
    await producer.send({ topic, partition: i % 2 }, rows)
  }
  await producer.flush()
  await producer.close()
}

async function counts(broker: Broker): Promise<Record<string, number>> {
  const last: Record<string, number> = {}
  await readTopic(broker, 'value-counts', ({ key, value }) => {
    last[String(key)] = value!.readDoubleBE(0)
  })
  return last
}
