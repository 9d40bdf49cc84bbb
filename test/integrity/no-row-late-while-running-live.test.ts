// A job that waits for input is fed a backlog at full speed: which worker sees its rows first must not
// matter, and neither must partitions that get none.
import { expect } from 'chai'
import { streamsConfig } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import { batchCount, epochMsOf } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import {
  droppedIn,
  expectTables,
  generatedCalls,
  inputOf,
  POLICE_JOB,
  writeInput,
} from '../support/police-job.ts'
import { until } from '../support/until.ts'

const ROWS = 12_000
const PARTITIONS = 4

describe('no row is late in a job that runs live', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  const calls = generatedCalls(ROWS)
  const latestMs = epochMsOf(calls.at(-1)!.call_date_time)
  let streams: RunningStreams | undefined

  const start = async (name: string, threads: number) => {
    const broker = await logs.open(name)
    const config = streamsConfig({ 'num.stream.threads': threads })
    streams = await runStreams(POLICE_JOB, config, { broker })
    await until('it runs', () => streams?.state === 'RUNNING')
    return { broker, streams }
  }
  afterEach(async () => {
    streams?.stop()
    await streams?.done
  })

  for (const threads of [1, 2, 4]) {
    it(`with ${threads} workers, fed in lumps with pauses`, async () => {
      const { broker, streams } = await start(`live-${threads}`, threads)
      const part = ROWS / 3
      for (let from = 0; from < ROWS; from += part) {
        await writeInput(broker, calls.slice(from, from + part).map(inputOf), PARTITIONS)
        await until(
          'all is processed',
          () => lowestStreamTimeMs(streams) >= timeOf(from + part - 1),
        )
      }
      expect(droppedIn(streams.metrics())).to.equal(0)
      streams.stop()
      await streams.done
      await expectTables(broker, batchCount(calls))
    })
  }

  it('and a partition without rows holds back nobody for long', async () => {
    const { broker, streams } = await start('sparse', 2)
    const few = calls.slice(-2_000).map((call) => ({ ...inputOf(call), partition: 1 }))
    await writeInput(broker, few, PARTITIONS)
    await until('every task has the latest event time', () => {
      return lowestStreamTimeMs(streams) === latestMs
    })
    expect(droppedIn(streams.metrics())).to.equal(0)
  })

  const timeOf = (index: number): number => epochMsOf(calls[index]!.call_date_time)
})

/** The lowest stream time of the tasks that read what the source tasks write. */
function lowestStreamTimeMs(streams: RunningStreams): number {
  const { samples = [] } =
    streams.metrics().find(({ name }) => name === 'kafka_stream_task_stream_time_seconds') ?? {}
  const inner = samples.filter(({ labels }) => !labels['task_id']?.startsWith('0_'))
  if (inner.length < 2 * PARTITIONS) return -1
  return Math.min(...inner.map(({ value }) => Math.round(value * 1_000)))
}
