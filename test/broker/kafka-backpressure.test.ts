// A worker that does not keep up: the main thread stops fetching for it, and loses nothing.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import type { Broker, Group } from '../../broker/ports.ts'
import { fresh, withTopic } from './contract-member.ts'
import { connect, DATA_PATHS } from './kafka-member.ts'
import type { SlowReaderAnswer, SlowReaderOrder } from './kafka-slow-reader.ts'

const ROWS = 120_000
const VALUE_BYTES = 1_000

describe('backpressure of a worker on Kafka', function () {
  this.timeout(300_000)
  let topic = ''

  before(async () => {
    const broker = await connect()
    topic = await withTopic(broker)
    await fill(broker, topic)
    await broker.close()
  })

  for (const dataPath of DATA_PATHS) {
    it(`holds few bytes for a worker that sleeps, and gives it every row in order afterwards, ${dataPath}`, async () => {
      const broker = await connect({ dataPath })
      await holdsFewBytes(broker, topic)
      await broker.close()
    })
  }
})

async function holdsFewBytes(broker: Broker, topic: string): Promise<void> {
  const group = await broker.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
  const spec = group.openChannel(0)
  if (!('port' in spec)) throw new Error('not a channel of Kafka')
  const script = new URL(`./kafka-slow-reader${extension()}`, import.meta.url)
  const worker = new Worker(script, { workerData: { spec }, transferList: [spec.port] })
  const ask = async (order: SlowReaderOrder): Promise<SlowReaderAnswer> => {
    worker.postMessage(order)
    const [answer] = (await once(worker, 'message')) as [SlowReaderAnswer]
    return answer
  }
  await join(group, topic, async (offset) => {
    await ask({ open: { topic, partition: 0, offset } })
  })
  const before = process.memoryUsage().rss
  await untilQuiet()
  const grownMb = (process.memoryUsage().rss - before) / 1024 / 1024
  expect(grownMb, '120 MB wait in the topic').to.be.lessThan(90)
  expect(await ask({ readUntil: ROWS })).to.deep.equal({ rows: ROWS, gap: undefined })
  await once(worker, 'exit')
  await group.leave()
}

const extension = (): string => (import.meta.url.endsWith('.ts') ? '.ts' : '.js')

async function fill(broker: Broker, topic: string): Promise<void> {
  const producer = await broker.openProducer()
  const rows = new RecordBatchBuilder()
  const value = new Uint8Array(VALUE_BYTES).fill(65)
  for (let sent = 0; sent < ROWS; sent += 1_000) {
    for (let i = 0; i < 1_000; i++) rows.append(null, value, 1)
    await producer.send({ topic, partition: 0 }, rows)
  }
  await producer.flush()
  await producer.close()
}

function join(
  group: Group,
  topic: string,
  opened: (offset: number) => Promise<void>,
): Promise<void> {
  return new Promise((done, fail) => {
    const listener = {
      onAssigned: async (partitions: Parameters<Group['committed']>[0]) => {
        const positions = await group.committed(partitions)
        await opened(positions[0]?.offset ?? 0)
        done()
        return positions
      },
      onRevoked: () => Promise.resolve(),
      onLost: () => Promise.resolve(),
      onFailed: fail,
    }
    group.join([topic], listener).catch(fail)
  })
}

/** Waits until the process takes next to no processor time for half a second: all is held back. */
async function untilQuiet(): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const used = process.cpuUsage()
    await new Promise((done) => setTimeout(done, 500))
    const { user, system } = process.cpuUsage(used)
    if (user + system < 100_000) return
    if (Date.now() > deadline) throw new Error('the main thread does not come to rest')
  }
}
