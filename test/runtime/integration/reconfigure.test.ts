// Settings that change while a job runs: they take effect at once, and cost no record.
import { expect } from 'chai'
import { streamsConfig, type Settings } from '../../../config/config.ts'
import { runStreams } from '../../../runtime/run-streams.ts'
import type { RunningStreams } from '../../../runtime/running-streams.ts'
import { batchCount, epochMsOf } from '../../support/batch-count.ts'
import { embeddedLogs } from '../../support/embedded-log.ts'
import {
  CALLS,
  expectTables,
  generatedCalls,
  POLICE_JOB,
  runOnce,
  sumOf,
  writeCalls,
} from '../../support/police-job.ts'
import { until } from '../../support/until.ts'

const ROWS = 20_000
const INPUT_ROWS = 'kafka_stream_query_input_rows_total'

describe('a job whose settings change while it runs', function () {
  this.timeout(90_000)
  const logs = embeddedLogs()
  let streams: RunningStreams | undefined

  afterEach(async () => {
    streams?.stop()
    await streams?.done
    streams = undefined
  })

  const change = (running: RunningStreams, settings: Settings): Promise<void> =>
    running.reconfigure(streamsConfig(settings))
  const valueOf = (running: RunningStreams, name: string): number => sumOf(running.metrics(), name)

  it('goes on with more threads and with fewer, and counts every call once', async () => {
    const broker = await logs.open('threads')
    const calls = generatedCalls(ROWS)
    await writeCalls(broker, calls, 4)
    const config = streamsConfig({ 'num.stream.threads': 1, 'max.poll.records': 500 })
    streams = await runStreams(POLICE_JOB, config, { broker })
    const running = streams
    await until('it has begun', () => valueOf(running, INPUT_ROWS) > 0)
    for (const threads of [3, 2, 4, 1]) {
      await change(running, { 'num.stream.threads': threads, 'max.poll.records': 500 })
      expect(running.threads).to.have.length(threads)
      const shares = running.threads.map(({ tasks }) => tasks.length)
      expect(Math.max(...shares) - Math.min(...shares), shares.join()).to.be.at.most(1)
      expect(valueOf(running, 'kafka_stream_configured_stream_threads')).to.equal(threads)
      expect(valueOf(running, 'kafka_stream_alive_stream_threads')).to.equal(threads)
    }
    running.stop()
    await running.done
    await runOnce(broker)
    await expectTables(broker, batchCount(calls))
  })

  it('commits at a shorter interval at once, though the longer one is not over', async () => {
    const broker = await logs.open('commit')
    const calls = generatedCalls(200)
    await writeCalls(broker, calls, 4)
    const slow = streamsConfig({ 'commit.interval.ms': 3_600_000 })
    streams = await runStreams(POLICE_JOB, slow, { broker })
    const running = streams
    await until('all calls are read', () =>
      running
        .metrics()
        .some(
          ({ name, samples }) =>
            name === 'kafka_stream_topic_records_consumed_total' &&
            samples.some(({ value }) => value >= 200),
        ),
    )
    expect(running.progress).to.equal(undefined)
    await change(running, { 'commit.interval.ms': 20 })
    await until('it commits', () => (running.progress?.numInputRows ?? 0) > 0)
    expect(valueOf(running, 'kafka_stream_query_trigger_interval_seconds')).to.equal(0.02)
    const times = calls.map(({ call_date_time }) => epochMsOf(call_date_time))
    const isoOf = (ms: number): string => new Date(ms).toISOString()
    await until('the reports tell of the event times of all calls', () => {
      const told = running.recentProgress.flatMap(({ eventTime }) => eventTime ?? [])
      for (const { min = '', avg = '', max = '' } of told)
        expect(min <= avg && avg <= max).to.equal(true)
      const has = (what: 'min' | 'max', ms: number) => told.some((one) => one[what] === isoOf(ms))
      return has('min', Math.min(...times)) && has('max', Math.max(...times))
    })
  })

  it('leaves records where they are while it is paused, and takes them all when it goes on', async () => {
    const broker = await logs.open('paused')
    const calls = generatedCalls(2_000)
    const paused = { 'processing.paused': true, 'commit.interval.ms': 20 }
    streams = await runStreams(POLICE_JOB, streamsConfig(paused), { broker })
    const running = streams
    await writeCalls(broker, calls.slice(0, 1_000), 4)
    const lag = (): number => valueOf(running, 'kafka_consumer_records_lag')
    await until('it has its partitions', () => running.state === 'RUNNING')
    await running.pause()
    await change(running, { 'commit.interval.ms': 20 })
    expect(running.isPaused, 'by the call, though not by the settings any more').to.equal(true)
    expect(valueOf(running, INPUT_ROWS)).to.equal(0)
    expect(running.problems).to.deep.equal([])
    await running.resume()
    expect(running.isPaused).to.equal(false)
    await until('it reads', () => valueOf(running, INPUT_ROWS) > 0)
    await running.pause()
    const read = valueOf(running, 'kafka_stream_task_process_total')
    await writeCalls(broker, calls.slice(1_000), 4)
    await until('it commits what it did', () => running.progress?.numInputRows === 0)
    expect(valueOf(running, 'kafka_stream_task_process_total')).to.equal(read)
    await running.resume()
    await until('it has read all', () => valueOf(running, INPUT_ROWS) >= 2_000 && lag() === 0)
    running.stop()
    await running.done
    await runOnce(broker)
    await expectTables(broker, batchCount(calls))
  })

  it('leaves alone what needs a restart', async () => {
    const broker = await logs.open('cold')
    streams = await runStreams(POLICE_JOB, streamsConfig(), { broker })
    await change(streams, { 'application.id': 'another', 'commit.interval.ms': 50 })
    expect(streams.applicationId).to.equal('police-calls')
    expect(valueOf(streams, 'kafka_stream_query_trigger_interval_seconds')).to.equal(0.05)
  })

  it('counts what comes to each operator and times stores at DEBUG, from when it is asked to until it is not', async () => {
    const broker = await logs.open('level')
    const calls = generatedCalls(3_000)
    await writeCalls(broker, calls, 4)
    streams = await runStreams(POLICE_JOB, streamsConfig({ 'num.stream.threads': 2 }), { broker })
    const running = streams
    const byOperator = 'kafka_stream_processor_node_process_total'
    const read = 'kafka_stream_topic_records_consumed_total'
    const countedAt = (node: string): number =>
      sumOf(running.metrics(), byOperator, { processor_node_id: node })
    const families = (): string[] => running.metrics().map(({ name }) => name)
    await until('it is read', () => sumOf(running.metrics(), read, { topic: CALLS }) === 3_000)
    expect(families()).not.to.include(byOperator)
    await change(running, { 'metrics.recording.level': 'DEBUG', 'num.stream.threads': 2 })
    expect(countedAt('parse-call')).to.equal(0)
    await writeCalls(broker, calls, 4)
    await until('the second time is counted', () => countedAt('parse-call') === 3_000)
    const byStore = 'kafka_stream_state_operation_latency_seconds'
    await until('commits have saved the stores', () => families().includes(byStore))
    await change(running, { 'metrics.recording.level': 'INFO', 'num.stream.threads': 2 })
    expect(families()).not.to.include(byOperator).and.not.to.include(byStore)
  })
})
