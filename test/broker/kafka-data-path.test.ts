// Which way rows take between Kafka and the workers, and how soon they get there.
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { chooseDataPath, TESTED_LIBRDKAFKA } from '../../broker/kafka/data-path.ts'
import type { RdModule } from '../../broker/kafka/rd-client.ts'
import { Vitals } from '../../runtime/vitals.ts'
import { fresh, withTopic } from './contract-member.ts'
import { connect, DATA_PATHS } from './kafka-member.ts'
import { numbered } from './records.ts'

const [TESTED = ''] = TESTED_LIBRDKAFKA

interface Choice {
  readonly version?: string
  readonly refusal?: string
  readonly dataPath?: 'native' | 'plain'
  readonly consumer?: Readonly<Record<string, string>>
}

/** What is chosen with a client that only its constructor is asked of. */
function choose({ version = TESTED, refusal, dataPath = 'native', consumer = {} }: Choice) {
  const seen: Record<string, unknown>[] = []
  const KafkaConsumer = function (conf: Record<string, unknown>) {
    seen.push(conf)
    if (refusal !== undefined) throw new Error(refusal)
  }
  const module = { librdkafkaVersion: version, KafkaConsumer } as unknown as RdModule
  const settings = { common: {}, consumer, producer: {}, admin: {} }
  const address = { bootstrapServers: 'nowhere', clientId: 'me', settings }
  return { choice: chooseDataPath({ module, address, connectMsMax: 1, dataPath }), seen }
}

describe('the data path', () => {
  before(function () {
    if (!DATA_PATHS.includes('native')) this.skip()
  })

  it('is native where librdkafka takes the addon as its plugin', () => {
    const { choice, seen } = choose({})
    expect(choice.path).to.equal('native')
    expect(seen[0]?.['plugin.library.paths']).to.match(/millrace\.node$/)
  })

  it('is plain, with the reason, where it is asked for or the addon cannot be used', () => {
    expect(choose({ dataPath: 'plain' }).choice).to.include({ reason: 'it was asked for' })
    expect(choose({ version: '1.0.0' }).choice).to.deep.equal({
      path: 'plain',
      reason: 'librdkafka 1.0.0 is not one that the addon was tested with',
    })
    const { choice } = choose({ refusal: 'no such plugin' })
    expect(choice).to.deep.equal({
      path: 'plain',
      reason: 'librdkafka did not take the addon: no such plugin',
    })
    const consumer = { 'plugin.library.paths': 'theirs' }
    expect(choose({ consumer }).choice.path).to.equal('plain')
  })
})

describe('a worker that waits', function () {
  this.timeout(60_000)

  for (const dataPath of DATA_PATHS) {
    it(`is woken by the rows that come for it, ${dataPath}`, async () => {
      const broker = await connect({ dataPath })
      const topic = await withTopic(broker)
      const group = await broker.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
      const buffer = Vitals.allocate()
      const vitals = new Vitals(buffer)
      const spec = group.openChannel(0, () => vitals.wake())
      if (!('port' in spec)) throw new Error('not a channel of Kafka')
      const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
      const script = new URL(`./kafka-waiting-worker${extension}`, import.meta.url)
      const workerData = { spec, buffer, topic }
      const worker = new Worker(script, { workerData, transferList: [spec.port] })
      await once(worker, 'message')
      const producer = await broker.openProducer()
      for (let i = 0; i < 3; i++) {
        const seen = once(worker, 'message')
        const sentMs = performance.now()
        await producer.send({ topic, partition: 0 }, numbered(1))
        await seen
        expect(performance.now() - sentMs, 'it waits ten seconds else').to.be.lessThan(3_000)
      }
      await worker.terminate()
      await broker.close()
    })
  }
})
