// With stream.time.idle.advance.ms the last windows of a job close though nothing comes any more; what was
// closed stays so after a restart, and a run to the end of its input still ends.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { rowsIn } from '../support/final-tables.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { droppedIn, runOnce, writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const JOB = new URL('../fixtures/idle-job.js', import.meta.url)
const PARTITIONS = 3
const SETTINGS = {
  'stream.time.idle.advance.ms': 300,
  'topic.partitions': PARTITIONS,
  'num.stream.threads': 2,
}

describe('the last windows of a job on the embedded log', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  closeOn(
    () => logs.open('idle'),
    () => ({}),
  )
})

describe('the last windows of a job on Kafka', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  const kafka = ownKafka()
  closeOn(
    () => kafka.open(),
    () => ({ 'bootstrap.servers': kafka.bootstrapServers, 'state.dir': directory('state') }),
  )
})

/** What must be so on either broker; `open` is called for each run. */
function closeOn(open: () => Promise<Broker>, settings: () => Settings): void {
  let broker: Broker
  let streams: RunningStreams | undefined
  beforeEach(async () => {
    broker = await open()
  })

  const visit = (timestampMs: number) =>
    writeInput(broker, [{ key: 'k', value: 'home', timestampMs }], PARTITIONS, { topic: 'visits' })
  const start = async (): Promise<RunningStreams> =>
    (streams = await runStreams(JOB, streamsConfig({ ...SETTINGS, ...settings() }), { broker }))
  afterEach(async () => {
    streams?.stop()
    await streams?.done
    await broker.close()
  })

  it('close though nothing comes, and though most partitions never had a record', async () => {
    await start()
    await visit(1_000)
    await until('the window has closed', async () => (await rowsIn(broker, 'finals')) === 1)
  })

  it('stay closed after a restart, and the next ones close', async () => {
    const running = await start()
    await visit(1_500)
    await until('the late record is dropped', () => {
      return droppedIn(running.metrics(), 'expired-window') === 1
    })
    await visit(1_000_000)
    await until('the next window has closed', async () => (await rowsIn(broker, 'finals')) === 2)
  })

  it('wait for event time where a run ends with its input', async () => {
    await visit(2_000_000)
    await runOnce(broker, { ...SETTINGS, ...settings() }, JOB)
    expect(await rowsIn(broker, 'finals')).to.equal(2)
  })
}
