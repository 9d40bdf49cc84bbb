// A run to the end of its input does not take tasks that are not open yet for tasks that are done.
import type { Broker } from '../../broker/ports.ts'
import { batchCount } from '../support/batch-count.ts'
import { changed } from '../support/changed.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { expectTables, generatedCalls, runOnce, writeCalls } from '../support/police-job.ts'

const ROWS = 500
const ANSWER_MS = 300

/**
 * A broker that takes its time to say where partitions begin and end, as one under load does; partitions
 * come after the group was joined, as with Kafka.
 */
function slow(broker: Broker): Broker {
  return changed(broker, {
    watermarks: async (partitions) => {
      await new Promise((done) => setTimeout(done, ANSWER_MS))
      return broker.watermarks(partitions)
    },
    openGroup: async (options) => {
      const group = await broker.openGroup(options)
      return changed(group, {
        join: (topics, listener) => {
          group.join(topics, listener).catch(listener.onFailed)
          return Promise.resolve()
        },
      })
    },
  })
}

describe('a run to the end of its input, on a broker that is slow to answer', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()

  it('counts everything, though commits pass before its tasks are open', async () => {
    const calls = generatedCalls(ROWS)
    const broker = await logs.open('slow')
    await writeCalls(broker, calls, 4)
    await runOnce(slow(broker), { 'commit.interval.ms': 10, 'num.stream.threads': 2 })
    await expectTables(broker, batchCount(calls))
  })
})
