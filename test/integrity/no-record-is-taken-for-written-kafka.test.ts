// A batch that never arrived, while the broker took the next: librdkafka tells it as written, and it is not. An
// instance finds out, on either path and under either guarantee, and so does who posts rows.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import { BrokerError, type Broker } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { readTopic } from '../support/final-tables.ts'
import { ForgetfulProxy } from '../support/forgetful-proxy.ts'
import { startKafka, type Kafka } from '../support/kafka.ts'
import { runOnce, writeInput } from '../support/police-job.ts'

const COPY_JOB = new URL('../fixtures/copy-job.js', import.meta.url)
const LINES = ['one', 'two', 'three']
/** A batch for each row. */
const SETTINGS = { producer: { 'linger.ms': '0', 'batch.num.messages': '1' } }

describe('a batch that never arrived', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const proxy = new ForgetfulProxy()
  let kafka: Kafka
  let broker: Broker
  let bootstrapServers: string
  let seen = 0

  const open = (dataPath: 'native' | 'plain') =>
    openBroker({
      ...{ kind: 'kafka', bootstrapServers, clientId: 'test', settings: SETTINGS, dataPath },
    })

  before(async () => {
    bootstrapServers = await proxy.open()
    kafka = await startKafka({ 'advertised.listeners': `PLAINTEXT://${bootstrapServers}` })
    proxy.toBroker(kafka.bootstrapServers)
    broker = await open('native')
    const rows = LINES.map((value, i) => ({ key: null, value, timestampMs: i + 1, partition: 0 }))
    await writeInput(broker, rows, 1, { topic: 'texts' })
    await broker.ensureTopics(
      ['blobs', 'copies', 'latest-blobs'].map((name) => ({ name, partitions: 1 })),
    )
    await writeInput(broker, [{ key: null, value: 'first', timestampMs: 1 }], 1, {
      topic: 'copies',
    })
    await added()
  })
  after(async () => {
    await broker.close()
    await kafka.stop()
    proxy.close()
  })

  /** What has come to the topic since the last call. */
  async function added(): Promise<string[]> {
    const values: string[] = []
    await readTopic(broker, 'copies', ({ value }) => void values.push(String(value)))
    return values.slice(seen, (seen = values.length))
  }

  async function run(name: string, guarantee: string, dataPath: 'native' | 'plain') {
    const mine = await open(dataPath)
    const config = {
      ...{ 'bootstrap.servers': bootstrapServers, 'application.id': name },
      ...{ 'state.dir': path(name), 'processing.guarantee': guarantee },
    }
    await runOnce(mine, config, COPY_JOB).finally(() => mine.close())
  }

  for (const dataPath of ['native', 'plain'] as const) {
    it(`is written again, and nothing is doubled, exactly once, ${dataPath}`, async () => {
      const before = proxy.kept
      proxy.keepNext('copies')
      await run(`once-${dataPath}`, 'exactly_once_v2', dataPath)
      expect(proxy.kept).to.equal(before + 1)
      expect(await added()).to.deep.equal(LINES)
    })
  }

  it('ends the job, at least once, which has not committed its input', async () => {
    proxy.keepNext('copies')
    const error = await run('at-least', 'at_least_once', 'native').then(
      () => undefined,
      (reason: unknown) => reason as Error,
    )
    expect(error?.message).to.match(/copies.*the broker took later ones, but gave no offset/)
    await added()
    await run('at-least', 'at_least_once', 'native')
    expect(await added()).to.deep.equal(LINES)
  })

  it('is told to who has posted it', async () => {
    const poster = await broker.openPoster()
    const rows = new RecordBatchBuilder()
    for (const line of LINES) rows.append(null, Buffer.from(line), 1)
    proxy.keepNext('copies')
    const [first, second, third] = await poster.post({ topic: 'copies', partition: 0 }, rows)
    await poster.close()
    expect(first).to.be.instanceOf(BrokerError)
    expect((first as BrokerError).message).to.match(
      /the broker took later ones, but gave no offset/,
    )
    expect(first).to.have.property('retriable', true)
    expect([second, third].map((offset) => typeof offset)).to.deep.equal(['number', 'number'])
    expect(await added()).to.deep.equal(LINES.slice(1))
  })
})
