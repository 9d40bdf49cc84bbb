// What goes wrong with a Kafka, and what is said of it.
import { expect } from 'chai'
import { openKafkaBroker } from '../../broker/kafka.ts'
import { requestFailed } from '../../broker/kafka/errors.ts'
import { RdCode } from '../../broker/kafka/rd-client.ts'
import { BrokerError, type Broker } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { startKafka } from '../support/kafka.ts'
import { fresh, withTopic } from './contract-member.ts'
import { connect, DATA_PATHS, openChannel, ReadingMember } from './kafka-member.ts'
import { numbered, readRecords, rowsOf, until, valuesOf } from './records.ts'

const clientId = 'test'

async function failureOf(work: Promise<unknown>): Promise<BrokerError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(failure instanceof BrokerError)) throw new Error('a BrokerError was expected')
  return failure
}

describe('a Kafka that cannot be used', function () {
  this.timeout(30_000)

  it('is asked again where a partition has no leader yet, and not where access is denied', () => {
    const isRetriable = (code: number) =>
      requestFailed('ask', 'b:1', { code, message: 'no' }).retriable
    expect(isRetriable(RdCode.notLeader)).to.equal(true)
    expect(isRetriable(RdCode.leaderNotAvailable)).to.equal(true)
    expect(isRetriable(RdCode.topicDenied)).to.equal(false)
  })

  it('is reported within the time given, with its address', async () => {
    const startedAt = Date.now()
    const bootstrapServers = '127.0.0.1:1'
    const failure = await failureOf(
      openKafkaBroker({ bootstrapServers, clientId, connectMsMax: 700 }),
    )
    expect(failure.code).to.equal('MILLRACE_BROKER_UNREACHABLE')
    expect(failure.retriable).to.equal(true)
    expect(failure.message).to.include('127.0.0.1:1').and.include('refused')
    expect(Date.now() - startedAt).to.be.lessThan(3_000)
  })

  it('says what to install where its client is missing', async () => {
    const load = (): Promise<never> => Promise.reject(new Error('Cannot find package node-rdkafka'))
    const failure = await failureOf(
      openKafkaBroker({ bootstrapServers: '127.0.0.1:1', clientId, load }),
    )
    expect(failure.code).to.equal('MILLRACE_BROKER_CLIENT_MISSING')
    expect(failure.message).to.include('npm install node-rdkafka').and.include('embedded:DIR')
  })

  it('keeps secrets out of what it says', async () => {
    const common = {
      'security.protocol': 'sasl_plaintext',
      'sasl.mechanisms': 'PLAIN',
      'sasl.username': 'me',
      'sasl.password': 'hush-hush',
      'ssl.ca.pem': 'hush-hush',
    }
    const options = { bootstrapServers: '127.0.0.1:1', clientId, connectMsMax: 300 }
    const refused = await failureOf(openKafkaBroker({ ...options, settings: { common } }))
    expect(refused.message).not.to.include('hush-hush')
    const unreachable = await failureOf(
      openKafkaBroker({
        ...options,
        settings: { common: { ...common, 'ssl.ca.pem': '' } },
      }),
    )
    expect(unreachable.message).not.to.include('hush-hush')
    expect(JSON.stringify([refused, unreachable])).not.to.include('hush-hush')
  })

  it('names a setting that it does not know', async () => {
    const settings = { common: { 'no.such.setting': '1' } }
    const failure = await failureOf(
      openKafkaBroker({ bootstrapServers: '127.0.0.1:1', clientId, settings }),
    )
    expect(failure.message).to.include('no.such.setting')
  })
})

describe('a Kafka that goes away', function () {
  this.timeout(120_000)

  it('is left and closed in bounded time', async () => {
    const kafka = await startKafka()
    const broker = await openKafkaBroker({ bootstrapServers: kafka.bootstrapServers, clientId })
    const topic = await withTopic(broker)
    const member = await ReadingMember.join(fresh('app'), topic, kafka)
    await until('it reads', () => member.readers.size === 1)
    const producer = await broker.openProducer()
    await producer.send({ topic, partition: 0 }, numbered(10))
    await until('all is read', () => member.rows.length === 10)
    await kafka.stop()
    member.port.produce({ topic, partition: 0 }, numbered(10))
    await producer.send({ topic, partition: 0 }, numbered(10))
    const stoppedAt = Date.now()
    await member.abandon()
    await broker.close()
    expect(Date.now() - stoppedAt).to.be.lessThan(20_000)
  })
})

describe('producing to Kafka', function () {
  this.timeout(60_000)
  let broker: Broker

  before(async () => {
    broker = await connect()
  })
  after(() => broker.close())

  it('delivers everything in order through a queue of a few rows', async () => {
    const small = await connect({
      settings: { producer: { 'queue.buffering.max.messages': '10' } },
    })
    const topic = await withTopic(small)
    const producer = await small.openProducer()
    await producer.send({ topic, partition: 0 }, numbered(700))
    await producer.send({ topic, partition: 0 }, numbered(700, 'w'))
    await producer.flush()
    expect(producer.delivered).to.equal(1_400)
    const reader = await small.openReader({ topic, partition: 0, offset: 0 })
    const expected = Array.from({ length: 1_400 }, (_, i) => (i < 700 ? `v${i}` : `w${i - 700}`))
    expect(valuesOf(await readRecords(reader, 1_400))).to.deep.equal(expected)
    await small.close()
  })

  it('counts deliveries without being asked to flush', async () => {
    const topic = await withTopic(broker)
    const producer = await broker.openProducer()
    await producer.send({ topic, partition: 0 }, numbered(100))
    await until('they are counted', () => producer.delivered === 100)
    await producer.close()
  })

  it('sends a timestamp of zero as one, since the client takes zero for now', async () => {
    const topic = await withTopic(broker)
    const producer = await broker.openProducer()
    await producer.send({ topic, partition: 0 }, rowsOf([{ value: 'v', timestampMs: 0 }]))
    await producer.flush()
    const reader = await broker.openReader({ topic, partition: 0, offset: 0 })
    expect((await readRecords(reader, 1))[0]?.timestampMs).to.equal(1)
  })

  it('says which settings a time in the future is about', async () => {
    const topic = await withTopic(broker)
    const producer = await broker.openProducer()
    const timestampMs = Date.UTC(2099, 0)
    await producer.send({ topic, partition: 0 }, rowsOf([{ value: 'v', timestampMs }]))
    const { message } = await failureOf(producer.flush())
    expect(message).to.match(/message\.timestamp\.after\.max\.ms.*timestamp\.future\.max\.ms/)
    expect(message).to.include(`${topic}/0`)
  })

  it('fails the flush, and what is sent after it, when a row is refused', async () => {
    const topic = fresh('small')
    const config = { 'max.message.bytes': '200' }
    await broker.ensureTopics([{ name: topic, partitions: 1, config }])
    const producer = await broker.openProducer()
    const target = { topic, partition: 0 }
    await producer.send(target, rowsOf([{ value: 'x'.repeat(5_000) }]))
    const failure = await failureOf(producer.flush())
    expect(failure.code).to.equal('MILLRACE_PRODUCE_FAILED')
    expect(failure.message).to.include(`${topic}/0`)
    expect(await failureOf(producer.send(target, numbered(1)))).to.equal(failure)
    await producer.close()
  })

  it('refuses headers that the client would garble', async () => {
    const topic = await withTopic(broker)
    for (const value of [Uint8Array.of(0xff), Uint8Array.of(0x61, 0), null]) {
      const producer = await broker.openProducer()
      const rows = new RecordBatchBuilder()
      rows.append(null, null, 1, [{ key: 'city', value }])
      await producer.send({ topic, partition: 0 }, rows)
      const failure = await failureOf(producer.flush())
      expect(failure.message).to.include(`${topic}/0`).and.include('header city')
      await producer.close()
    }
  })

  for (const dataPath of DATA_PATHS) {
    it(`refuses every commit after a row of a worker was refused, ${dataPath}`, async () => {
      const own = await connect({ dataPath })
      const topic = fresh('small')
      const config = { 'max.message.bytes': '200' }
      await own.ensureTopics([{ name: topic, partitions: 1, config }])
      const group = await own.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
      const port = openChannel(group)
      port.produce({ topic, partition: 0 }, rowsOf([{ value: 'x'.repeat(5_000) }]))
      expect(group.producerFigures?.errors).to.deep.equal({})
      expect((await failureOf(group.commit([]))).code).to.equal('MILLRACE_PRODUCE_FAILED')
      expect(group.producerFigures?.errors).to.deep.equal({ [topic]: 1 })
      port.produce({ topic, partition: 0 }, numbered(1))
      expect((await failureOf(group.commit([]))).code).to.equal('MILLRACE_PRODUCE_FAILED')
      await until('what was given up is not pending', () => port.pendingBytes === 0)
      port.close()
      await own.close()
    })

    it(`tells how many rows of workers wait to be acknowledged, ${dataPath}`, async () => {
      // Only a flush sends them.
      const own = await connect({ dataPath, settings: { producer: { 'linger.ms': '60000' } } })
      const topic = fresh('waiting')
      await own.ensureTopics([{ name: topic, partitions: 1 }])
      const group = await own.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
      const port = openChannel(group)
      port.produce({ topic, partition: 0 }, numbered(7))
      await until('seven rows wait', () => group.producerFigures?.queuedRecords === 7)
      await group.commit([])
      await until('none does', () => group.producerFigures?.queuedRecords === 0)
      port.close()
      await own.close()
    })
  }
})
