// A task without state goes on in event time where it was on another machine: the group keeps that beside its
// offsets, as Kafka Streams does.
import { expect } from 'chai'
import { loadAddon } from '../../broker/native/addon.ts'
import { openBroker } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { readTopic } from '../support/final-tables.ts'
import { sharedKafka } from '../support/kafka.ts'
import { runOnce, writeInput } from '../support/police-job.ts'

const JOB = new URL('../fixtures/clocked-job.js', import.meta.url)
const TOPIC = 'clocked-in'

describe('event time on Kafka', function () {
  this.timeout(180_000)
  const directory = temporaryDirectory()
  let bootstrapServers = ''
  before(async () => {
    ;({ bootstrapServers } = await sharedKafka())
  })

  /** Writes texts, and runs the job to their end on a machine that has never seen it. */
  async function runOn(machine: string, guarantee: string, ...texts: string[]): Promise<void> {
    const broker = await openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test' })
    try {
      const rows = texts.map((value) => ({ key: 'k', value, timestampMs: 1 }))
      await writeInput(broker, rows, 1, { topic: TOPIC })
      const settings = {
        'bootstrap.servers': bootstrapServers,
        'application.id': `clocked-${guarantee}-${process.pid}`,
        'processing.guarantee': guarantee,
        'state.dir': directory(`${guarantee}-${machine}`),
      }
      await runOnce(broker, settings, JOB)
    } finally {
      await broker.close()
    }
  }

  /** What came out last, as `text at stream time@event time`. */
  async function last(broker: Broker, count: number): Promise<string[]> {
    const told: string[] = []
    await readTopic(broker, 'clocked-out', ({ value, timestampMs }) => {
      told.push(`${value!.toString()}@${timestampMs}`)
    })
    return told.slice(-count)
  }

  if (loadAddon().addon === undefined) return
  for (const guarantee of ['at_least_once', 'exactly_once_v2']) {
    it(`goes on where it was when a task without state moves, ${guarantee}`, async () => {
      await runOn('first', guarantee, '500', '900', '700')
      await runOn('second', guarantee, 'none', '600')
      const broker = await openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test' })
      try {
        expect(await last(broker, 2)).to.deep.equal(['none at 900@900', '600 at 900@600'])
      } finally {
        await broker.close()
      }
    })
  }
})
