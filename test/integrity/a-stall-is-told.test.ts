// A job that stands still though records wait says so to those who ask for its health, with the place; and
// no longer when it goes on.
import { expect } from 'chai'
import { streamsConfig } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const SALES_JOB = new URL('../fixtures/sales-job.js', import.meta.url)

describe('a job that stands still', function () {
  this.timeout(90_000)
  const logs = embeddedLogs()

  it('says so, and where its records wait', async () => {
    const broker = await logs.open('log')
    for (const topic of ['products', 'customers']) await writeInput(broker, [], 1, { topic })
    const order = { id: 'o', product: 'p', customer: 'c' }
    const rows = [{ key: 'o', value: JSON.stringify(order), timestampMs: 10 }]
    await writeInput(broker, rows, 1, { topic: 'orders' })
    const config = streamsConfig({
      'bootstrap.servers': `embedded:${logs.directory('log')}`,
      'num.stream.threads': '1',
      'topic.partitions': '1',
      'max.task.idle.ms': '120000',
      'health.progress.timeout.ms': '1000',
    })
    const streams = await runStreams(SALES_JOB, config)
    try {
      await until('it is seen to stand', () => streams.problems.length > 0)
      expect(streams.problems[0]).to.match(
        /^no record was processed for \d+ s, though 1 wait, most of them in sales-by-product-by-key-repartition\/0: /,
      )
      const product = { key: 'p', value: JSON.stringify({ price: 3 }), timestampMs: 5 }
      const later = { ...product, key: 'other', timestampMs: 15 }
      await writeInput(broker, [product, later], 1, { topic: 'products' })
      await until('it goes on', () => streams.problems.length === 0)
    } finally {
      streams.stop()
      await streams.done
    }
  })
})
