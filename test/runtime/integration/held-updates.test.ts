// What bounds the updates that a job holds back: the interval, or before that their bytes.
import { expect } from 'chai'
import { embeddedLogs } from '../../support/embedded-log.ts'
import { rowsIn } from '../../support/final-tables.ts'
import { runOnce, writeInput } from '../../support/police-job.ts'

const JOB = new URL('../../fixtures/held-tally-job.js', import.meta.url)
const HOUR_MS = 3_600_000
const ROWS = 8

describe('updates that are held back', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()

  /** How many results eight records of two keys bring about, a step for each. */
  async function resultsWith(cacheBytes: number): Promise<number> {
    const log = await logs.open(`cache-${cacheBytes}`)
    const inputs = Array.from({ length: ROWS }, (_, i) => ({
      key: `k${i % 2}`,
      value: 'x',
      timestampMs: i,
    }))
    await writeInput(log, inputs, 1, { topic: 'in' })
    const settings = {
      'num.stream.threads': 1,
      'topic.partitions': 1,
      'max.poll.records': 1,
      'commit.interval.ms': 1_000,
      'emit.interval.ms': HOUR_MS,
      'statestore.cache.max.bytes': cacheBytes,
    }
    await runOnce(log, settings, JOB)
    const results = await rowsIn(log, 'out')
    await log.close()
    return results
  }

  it('go out when their bytes are more than statestore.cache.max.bytes, and not at each record', async () => {
    expect(await resultsWith(0)).to.equal(ROWS)
    // Two keys fit, so what goes out goes out at the end, or while the input pauses.
    expect(await resultsWith(10_000)).to.be.lessThan(ROWS)
  })
})
