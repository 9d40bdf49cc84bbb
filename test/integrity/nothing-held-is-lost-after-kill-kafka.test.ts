// At least once, what the wall clock takes out of a store and passes on is written before the store forgets it:
// a process that is killed between any two steps of its commit loses none of it.
import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Broker } from '../../broker/ports.ts'
import { keyOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { createRandom } from '../../data/random.ts'
import { setting, startCli } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { diesAt } from '../support/die-at.ts'
import { kill, seed } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { until } from '../support/until.ts'

const JOB = fileURLToPath(new URL('../fixtures/holding-job.js', import.meta.url))
const PARTITIONS = 2
/** Records that come, and how often, while a process is waited for to die. */
const SLICE = 10
const SLICE_MS = 50
const SLICES_MAX = 1_000
const CALLS_MAX = 3

const PLACES = [
  'thread-is-prepared',
  'results-are-acknowledged',
  'changelogs-are-told',
  'state-follows',
  'state-is-saved',
]

/** Writes records with the next numbers for keys. @returns the first number after them. */
async function write(broker: Broker, from: number): Promise<number> {
  const producer = await broker.openProducer()
  for (let number = from; number < from + SLICE; number++) {
    const rows = new RecordBatchBuilder()
    rows.append(Buffer.from(String(number)), Buffer.from('held'), Date.now())
    await producer.send({ topic: 'in', partition: number % PARTITIONS }, rows)
  }
  await producer.flush()
  await producer.close()
  return from + SLICE
}

/** The keys of all results. */
async function keysOut(broker: Broker): Promise<Set<number>> {
  const keys = new Set<number>()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const of = { topic: 'out', partition }
    const [marks] = await broker.watermarks([of])
    const reader = await broker.openReader({ ...of, offset: 0 })
    while (reader.position < marks!.end) {
      const batch = await reader.read(1_000)
      for (let row = 0; row < (batch?.count ?? 0); row++) {
        keys.add(Number(Buffer.from(keyOf(batch!, row) ?? []).toString()))
      }
    }
    await reader.close()
  }
  return keys
}

describe(`nothing that was held is lost after kill -9, on Kafka (MILLRACE_SEED=${seed})`, function () {
  this.timeout(240_000)
  const path = temporaryDirectory()
  const kafka = ownKafka()

  it('whichever step of a commit it comes at', async () => {
    const { broker, bootstrapServers } = kafka
    const random = createRandom(seed, 0x4e1d)
    const topics = ['in', 'out'].map((name) => ({ name, partitions: PARTITIONS }))
    await broker.ensureTopics(topics)
    const args = [
      ...['start', JOB],
      ...setting({
        'bootstrap.servers': bootstrapServers,
        'state.dir': path('state'),
        'commit.interval.ms': 50,
        'server.enabled': false,
        'consumer.session.timeout.ms': 6_000,
      }),
    ]
    let written = 0
    for (const place of PLACES) {
      const run = startCli(args, diesAt(place, 1 + random.below(CALLS_MAX)))
      try {
        for (let slice = 0; run.child.exitCode === null && run.child.signalCode === null; slice++) {
          if (slice === SLICES_MAX) throw new Error(`${place} was not come to`)
          written = await write(broker, written)
          await sleep(SLICE_MS)
        }
      } finally {
        await kill(run)
      }
      expect(run.child.signalCode, `${place}: ${run.stderr()}`).to.equal('SIGKILL')
    }
    tellFaults(PLACES.length, 'kill -9 between the steps of a commit')
    const last = startCli(args)
    try {
      const isThere = async () => (await keysOut(broker)).size >= written
      await until(`all of ${written} records are passed on`, isThere)
    } finally {
      await kill(last)
    }
  })
})
