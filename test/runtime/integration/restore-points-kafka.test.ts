// What is read of changelogs on Kafka by a machine that has nothing of the stores: no more than has them whole, as the
// offsets of the group tell.
import { expect } from 'chai'
import { temporaryDirectory } from '../../data/temporary-directory.ts'
import { readTopic } from '../../support/final-tables.ts'
import { expectNotes, notes, NOTES_JOB } from '../../support/notes.ts'
import { ownKafka } from '../../support/own-kafka.ts'
import { runOnce, sumOf, writeInput } from '../../support/police-job.ts'

/** A few megabytes of state: snapshots of it are written now and then. No order of them leaves one out. */
const KEYS = 2_999
const PARTITIONS = 2

describe('a machine that restores from Kafka', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const kafka = ownKafka()

  const write = (rounds: number) =>
    writeInput(kafka.broker, notes(KEYS, rounds), PARTITIONS, { topic: 'notes' })
  /** Runs to the end of the input. @returns the records that were restored before. */
  const runOn = async (machine: string): Promise<number> => {
    const broker = await kafka.open()
    const settings = {
      'bootstrap.servers': kafka.bootstrapServers,
      'state.dir': path(machine),
      'processing.guarantee': 'exactly_once_v2',
      'commit.interval.ms': 50,
    }
    const { metrics } = await runOnce(broker, settings, NOTES_JOB)
    await broker.close()
    return sumOf(metrics, 'kafka_stream_task_restored_records_total')
  }

  const changes = async (): Promise<number> => {
    let records = 0
    await readTopic(kafka.broker, 'notes-kept-changelog', () => (records += 1))
    return records
  }

  it('reads all of a changelog where nobody knows more, and then what came since the last snapshot', async () => {
    await write(6)
    expect(await runOn('one')).to.equal(0)
    const all = await changes()
    await write(1)
    expect(await runOn('another')).to.equal(all)
    const more = await changes()
    await write(1)
    // What the run before this one has added, and the snapshot before.
    expect(await runOn('a-third')).to.be.within(more - all, more - all / 3)
    await expectNotes(kafka.broker, KEYS, 8)
  })
})
