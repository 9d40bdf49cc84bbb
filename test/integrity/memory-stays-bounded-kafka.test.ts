// An instance on Kafka keeps within what its settings say, whatever comes: a backlog that is many times larger, a
// broker that stands still while it writes, a job that is slow, records of ten megabytes. And all of it arrives.
import { expect } from 'chai'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { setting, startCli, type Running } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { readTopic, rowsIn } from '../support/final-tables.ts'
import '../support/long-run.ts'
import { memoryOf } from '../support/memory.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { writeInput, type RawInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const COPY_JOB = fileURLToPath(new URL('../fixtures/copy-job.js', import.meta.url))
const SLOW_JOB = fileURLToPath(new URL('../fixtures/slow-job.js', import.meta.url))

const MB = 1_048_576
const PARTITIONS = 4
const TEXT_BYTES = 8_192
/** Many times what any queue may hold. */
const BACKLOG_MB = Number(process.env['MILLRACE_BACKLOG_MB'] ?? 128)
const TEXTS = (BACKLOG_MB * MB) / TEXT_BYTES
const BLOB_BYTES = 10 * MB
const RECORD_BYTES_MAX = 12 * MB
/** Where a record is on its way through two tasks: batches, serdes, frames, outputs, the client, the store. */
const COPIES_MAX = 30

const LIMITS = {
  'input.buffer.max.bytes': 16 * MB,
  'buffered.bytes.max': 8 * MB,
  'producer.queue.buffering.max.kbytes': 16 * 1_024,
}
/** Node, its threads and the Kafka client without records, and twice what the limits say. */
const BUDGET_MB = 250 + 2 * (16 + 2 * 8 + 16)

describe('the memory of an instance on Kafka', function () {
  this.timeout(300_000)
  const path = temporaryDirectory()
  let running: Running | undefined
  after(() => running?.child.kill('SIGKILL'))
  const kafka = ownKafka({ 'message.max.bytes': RECORD_BYTES_MAX })

  const start = (job: string, settings = {}): Running => {
    running = startCli([
      ...['start', job],
      ...setting({
        'bootstrap.servers': kafka.bootstrapServers,
        'state.dir': path('state'),
        'num.stream.threads': 2,
        'server.enabled': false,
        ...LIMITS,
        ...settings,
      }),
    ])
    return running
  }
  const reached = (run: Running, topic: string, rows: number): Promise<void> =>
    until(
      `${topic} has ${rows} rows`,
      async () => {
        if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr()}`)
        return (await rowsIn(kafka.broker, topic)) >= rows
      },
      180_000,
    )
  const stop = async (run: Running): Promise<void> => {
    run.child.kill('SIGTERM')
    const { code, stderr } = await run.ended
    expect(code, stderr).to.equal(0)
  }

  before(async () => {
    const filler = 'x'.repeat(TEXT_BYTES - 8)
    await writeInput(kafka.broker, [], PARTITIONS, { topic: 'blobs' })
    await writeInput(kafka.broker, textsOf(filler), PARTITIONS, { topic: 'texts' })
  })

  it('is that of its limits on a backlog many times larger, also while its broker stands still', async () => {
    const run = start(COPY_JOB)
    await reached(run, 'copies', TEXTS / 8)
    kafka.process.pause()
    await sleep(4_000)
    const { peakMb } = memoryOf(run.child)
    kafka.process.resume()
    await reached(run, 'copies', TEXTS)
    const end = memoryOf(run.child)
    console.log(
      `      ${BACKLOG_MB} MB copied: ${end.peakMb} MB, ${peakMb} by the end of the pause`,
    )
    expect(end.peakMb).to.be.within(50, BUDGET_MB)
    await stop(run)
    expect(await rowsIn(kafka.broker, 'copies')).to.be.at.least(TEXTS)
  })

  it('is that of its limits where its job takes long for each record', async () => {
    const run = start(SLOW_JOB)
    await reached(run, 'lengths', 400)
    const { peakMb } = memoryOf(run.child)
    console.log(`      behind a backlog of ${BACKLOG_MB} MB: ${peakMb} MB`)
    expect(peakMb).to.be.within(50, BUDGET_MB)
    run.child.kill('SIGKILL')
    await run.ended
  })

  it('ends with what is to be set where a record is larger than may be written, and loses nothing', async () => {
    const run = start(COPY_JOB)
    await until('it runs', () => run.stderr().includes('is running'), 120_000)
    await writeBlob('one')
    const { code, stderr } = await run.ended
    expect(code).to.equal(1)
    expect(stderr).to.match(/copy-by-name-repartition has \d+ bytes.*producer\.message\.max\.bytes/)
    expect(await rowsIn(kafka.broker, 'latest-blobs')).to.equal(0)
  })

  it('is a few times a record of ten megabytes, which goes through repartition, store and changelog', async () => {
    const peaksMb: number[] = []
    for (const name of ['two', 'three']) {
      const run = start(COPY_JOB, { 'producer.message.max.bytes': RECORD_BYTES_MAX })
      await writeBlob(name)
      await until(
        `${name} has arrived`,
        async () => {
          if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr()}`)
          return (await arrived()).has(name)
        },
        180_000,
      )
      peaksMb.push(memoryOf(run.child).peakMb)
      await stop(run)
      // The next one has its state from the changelog.
      rmSync(path('state'), { recursive: true, force: true })
    }
    console.log(`      with records of ${BLOB_BYTES / MB} MB: ${peaksMb.join(' and ')} MB`)
    expect(Math.max(...peaksMb)).to.be.within(50, BUDGET_MB + COPIES_MAX * (BLOB_BYTES / MB))
    expect([...(await arrived())].sort()).to.deep.equal(['one', 'three', 'two'])
  })

  /** The blobs that came out as they went in. */
  async function arrived(): Promise<Set<string>> {
    const names = new Set<string>()
    await readTopic(kafka.broker, 'latest-blobs', ({ key, value }) => {
      const name = String(key).replace('of ', '')
      if (value?.equals(blobOf(name)) === true) names.add(name)
    })
    return names
  }

  async function writeBlob(name: string): Promise<void> {
    const large = { producer: { 'message.max.bytes': String(RECORD_BYTES_MAX) } }
    const client = await kafka.open(undefined, large)
    const producer = await client.openProducer()
    const rows = new RecordBatchBuilder()
    rows.append(Buffer.from(name), blobOf(name), 1)
    await producer.send({ topic: 'blobs', partition: 0 }, rows)
    await producer.flush()
    await producer.close()
    await client.close()
  }
})

function* textsOf(value: string): Generator<RawInput> {
  for (let i = 0; i < TEXTS; i++) yield { key: `t${i}`, value, timestampMs: i + 1 }
}

const blobOf = (name: string): Buffer => Buffer.alloc(BLOB_BYTES, `${name} `)
