// Stores that are larger than memory on Kafka: they are written to their changelogs round after round, and a machine
// that has nothing of them finds them there.
import { expect } from 'chai'
import type { Settings } from '../../config/config.ts'
import type { MetricFamily } from '../../runtime/metrics/snapshot.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { readTopic } from '../support/final-tables.ts'
import { expectNotes, notes, NOTES_JOB } from '../support/notes.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { runOnce, sumOf, writeInput } from '../support/police-job.ts'

const KEYS = 24_000
const PARTITIONS = 2
/** Of a value of the changelog that ends a round. */
const ROUND_VERSION = 3

const restoredOf = (metrics: readonly MetricFamily[]): number =>
  sumOf(metrics, 'kafka_stream_task_restored_records_total')

describe('state beyond memory, on Kafka', function () {
  this.timeout(240_000)
  const path = temporaryDirectory()
  const kafka = ownKafka()

  const run = async (machine: string) => {
    const settings: Settings = {
      'bootstrap.servers': kafka.bootstrapServers,
      'state.dir': path(machine),
      'state.memory.max.bytes': 4_000_000,
      'processing.guarantee': 'exactly_once_v2',
      'num.stream.threads': 2,
    }
    const broker = await kafka.open()
    const { metrics } = await runOnce(broker, settings, NOTES_JOB)
    await broker.close()
    return metrics
  }

  it('is found on another machine as it was on the one that is gone', async () => {
    await writeInput(kafka.broker, notes(KEYS, 2), PARTITIONS, { topic: 'notes' })
    const first = await run('one-machine')
    expect(sumOf(first, 'kafka_stream_state_page_writes_total')).to.be.greaterThan(0)
    let ends = 0
    await readTopic(kafka.broker, 'notes-kept-changelog', ({ value }) => {
      if (value?.[0] === ROUND_VERSION) ends += 1
    })
    expect(ends).to.be.at.least(PARTITIONS)
    await expectNotes(kafka.broker, KEYS, 2)
    await writeInput(kafka.broker, notes(KEYS, 1), PARTITIONS, { topic: 'notes' })
    const second = restoredOf(await run('another-machine'))
    expect(second).to.be.greaterThan(0)
    await expectNotes(kafka.broker, KEYS, 3)
    let records = 0
    await readTopic(kafka.broker, 'notes-kept-changelog', () => (records += 1))
    await writeInput(kafka.broker, notes(KEYS, 1), PARTITIONS, { topic: 'notes' })
    const third = await run('a-third-machine')
    // Who is interrupted in a restore reads it again.
    const what = ['kafka_consumer_rebalances_total', 'kafka_producer_txn_aborts_total']
    const told = what.map((name) => `${name} ${sumOf(third, name)}`).join(', ')
    expect(restoredOf(third), `from the last whole round on; ${told}`).to.be.within(
      1,
      records * 0.8,
    )
    await expectNotes(kafka.broker, KEYS, 4)
  })
})
