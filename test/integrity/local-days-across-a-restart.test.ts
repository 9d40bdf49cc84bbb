// Windows of local days in a running job: repartitioned, restored, and read by their keys as they were written.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { hours } from '../../topology/duration.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import { windowed } from '../../topology/serdes/windowed.ts'
import { tumbling } from '../../topology/windows.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { readTopic } from '../support/final-tables.ts'
import { runOnce, writeInput } from '../support/police-job.ts'

const JOB = new URL('../fixtures/local-days-job.js', import.meta.url)
const PARTITIONS = 2
const days = tumbling({ days: 1, timeZone: 'America/Los_Angeles', grace: hours(1) })
const byDay = windowed(utf8, days)

describe('windows of local days in a running job', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  let broker: Broker
  before(async () => {
    broker = await logs.open('local-days')
  })
  after(() => broker.close())

  /** Writes visits of one page and runs the job to the end of them. */
  async function visit(...instants: string[]): Promise<void> {
    for (const instant of instants) {
      const timestampMs = Date.parse(`${instant}Z`)
      const row = { key: instant, value: 'p', timestampMs }
      await writeInput(broker, [row], PARTITIONS, { topic: 'visits' })
    }
    await runOnce(broker, { 'topic.partitions': PARTITIONS, 'num.stream.threads': 1 }, JOB)
  }

  /** All results of a topic, as `start end = value`. */
  async function resultsIn(topic: string, textOf: (value: Buffer) => string): Promise<string[]> {
    const results: string[] = []
    await readTopic(broker, topic, ({ key, value }) => {
      const { window } = byDay.deserialize(key!, 0, key!.length)
      const [start, end] = [window.startMs, window.endMs].map((ms) => new Date(ms).toISOString())
      results.push(`${start!.slice(0, 13)} ${end!.slice(0, 13)} = ${textOf(value!)}`)
    })
    return results
  }

  it('hold all of a day of 25 hours, close behind it, and are restored', async () => {
    await visit('2018-11-04T07:00', '2018-11-04T20:00')
    await visit('2018-11-05T07:59', '2018-11-05T12:00')
    await visit('2018-11-06T12:00')
    const updates = await resultsIn('updates', (value) => String(value.readDoubleBE()))
    expect(updates).to.deep.equal([
      '2018-11-04T07 2018-11-05T08 = 1',
      '2018-11-04T07 2018-11-05T08 = 2',
      '2018-11-04T07 2018-11-05T08 = 3',
      '2018-11-05T08 2018-11-06T08 = 1',
      '2018-11-06T08 2018-11-07T08 = 1',
    ])
    const finals = await resultsIn('finals', String)
    expect(finals).to.deep.equal([
      '2018-11-04T07 2018-11-05T08 = ppp',
      '2018-11-05T08 2018-11-06T08 = p',
    ])
  })
})
