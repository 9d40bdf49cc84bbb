// A store that the topology has no more is not taken for a new one: the job does not start until it is said what
// became of it.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'
import type { Settings } from '../../config/config.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { readTopic } from '../support/final-tables.ts'
import { sharedKafka } from '../support/kafka.ts'
import { runOnce, writeInput } from '../support/police-job.ts'

/** Runs the job with its store under a name, over one visit more. @returns the counts so far. */
async function visited(broker: Broker, store: string, settings: Settings): Promise<number[]> {
  const visit = { key: 'page', value: 'visit', timestampMs: 1_000 }
  await writeInput(broker, [visit], 1, { topic: 'renamed-visits' })
  const job = new URL(`../fixtures/renamed-job.js?store=${store}`, import.meta.url)
  await runOnce(broker, { 'num.stream.threads': 1, 'topic.partitions': 1, ...settings }, job)
  const counts: number[] = []
  await readTopic(broker, 'renamed-counts', ({ value }) => counts.push(value!.readDoubleBE()))
  return counts
}

async function refusesRenamed(broker: Broker, settings: Settings = {}): Promise<void> {
  expect(await visited(broker, 'visits', settings)).to.deep.equal([1])
  const refused = await visited(broker, 'views', settings).then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  )
  expect(refused?.code).to.equal('MILLRACE_STORES_LOST')
  expect(refused?.message).to.match(/task 0_0 has saved state of "visits".*without any is "views"/)
  expect(refused?.message).to.include('dropped.stores=visits')
  // Nothing is lost by the attempt: under its old name the store has all of it.
  expect(await visited(broker, 'visits', settings)).to.deep.equal([1, 2, 3])
  const dropped = { ...settings, 'dropped.stores': 'visits' }
  expect(await visited(broker, 'views', dropped)).to.deep.equal([1, 2, 3, 1])
  expect(await visited(broker, 'views', settings)).to.deep.equal([1, 2, 3, 1, 2])
}

describe('a job whose store was renamed', function () {
  this.timeout(120_000)

  describe('on the embedded log', () => {
    const logs = embeddedLogs()

    it('does not start, names both stores, and goes on when one is said to be dropped', async () => {
      const broker = await logs.open('renamed')
      await refusesRenamed(broker)
      await broker.close()
    })
  })

  describe('on Kafka', () => {
    const path = temporaryDirectory()

    it('does not start, names both stores, and goes on when one is said to be dropped', async () => {
      const { bootstrapServers } = await sharedKafka()
      const open = (): Promise<Broker> =>
        openBroker({ kind: 'kafka', bootstrapServers, clientId: 'renamed' })
      const broker = await open()
      const address = { 'bootstrap.servers': bootstrapServers, 'state.dir': path('state') }
      await refusesRenamed(broker, address)
      await broker.close()
    })
  })
})
