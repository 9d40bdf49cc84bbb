// The final tables of every shape on the embedded log, by threads of their own: any number of partitions and
// threads, threads that die in the middle, runs that end and go on.
import { expect } from 'chai'
import fc from 'fast-check'
import type { Broker } from '../../broker/ports.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { readTopic } from '../support/final-tables.ts'
import { runOnce, sumOf, writeInput } from '../support/police-job.ts'
import { batchOf, finalOf, type FinalShape, type ShapeInput } from '../support/shapes.ts'

const SHAPES_JOB = new URL('../fixtures/shapes-job.js', import.meta.url)
/** What does not depend on which of two inputs is read first, nor on where the input ends. */
const TABLES = ['tumbling', 'hopping', 'sliding', 'session', 'grouped-table', 'table-join']

const letter = fc.constantFrom('a', 'b', 'c')
const key = fc.constantFrom('k', 'l', 'm', 'n', 'o', 'p')
const times = fc.integer({ min: 20, max: 400 })
const asked = fc.record({
  rows: fc.array(fc.record({ key, value: letter, timestampMs: fc.nat(5) }), { maxLength: 9 }),
  records: fc.array(fc.record({ key, value: letter, timestampMs: times }), {
    minLength: 20,
    maxLength: 120,
  }),
  partitions: fc.integer({ min: 1, max: 4 }),
  threads: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  /** Where the first run ends, and where a thread dies in the second; in hundredths of what there is. */
  split: fc.nat(100),
  dies: fc.nat(99),
})

async function tableOf(broker: Broker, name: string): Promise<FinalShape> {
  const changes: (readonly [string, string | null])[] = []
  await readTopic(broker, name, ({ key: its, value }) => {
    changes.push([its!.toString(), value?.toString() ?? null])
  })
  return finalOf(changes)
}

describe('the final tables of every shape, made by threads', function () {
  this.timeout(120_000)
  const logs = embeddedLogs()
  let count = 0

  it('are those of a batch for any partitions and threads, over a restart and a death', async () => {
    const property = fc.asyncProperty(asked, async (all) => {
      const name = `log-${count++}`
      const broker = async (): Promise<Broker> => logs.open(name)
      const { rows, records, partitions, threads } = all
      const at = Math.floor((records.length * all.split) / 100)
      const [before, after] = [records.slice(0, at), records.slice(at)]
      const dying = Math.floor((after.length * all.dies) / 100)
      const mark = logs.directory(`${name}-mark`)
      const withDeath = after.map((one, i): ShapeInput => {
        return i === dying ? { ...one, value: `${one.value} exit ${mark}` } : one
      })
      const run = async (
        topics: Readonly<Record<string, readonly ShapeInput[]>>,
        using: number,
        format: string,
      ) => {
        const log = await broker()
        for (const [topic, inputs] of Object.entries(topics)) {
          await writeInput(log, inputs, partitions, { topic, rowsMax: () => 5 })
        }
        const settings = {
          'num.stream.threads': using,
          'commit.interval.ms': 10,
          'repartition.format': format,
        }
        const { metrics } = await runOnce(log, settings, SHAPES_JOB)
        expect(sumOf(metrics, 'kafka_stream_task_dropped_records_total')).to.equal(0)
        await log.close()
        return sumOf(metrics, 'kafka_stream_failed_stream_threads_total')
      }
      await run({ rows, in: before }, threads[0], 'frames')
      const deaths = await run({ in: withDeath }, threads[1], 'records')
      expect(deaths).to.equal(after.length === 0 ? 0 : 1)

      const log = await broker()
      const expected = batchOf({ rows, records })
      for (const table of TABLES) {
        expect(await tableOf(log, table), table).to.deep.equal(expected[table])
      }
      await log.close()
    })
    await fc.assert(property, { numRuns: 4, seed: 21, endOnFailure: true })
  })
})
