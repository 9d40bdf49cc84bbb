// Transactions as another application writes them: rows, and the control records that end them.
import { randomUUID } from 'node:crypto'
import { sharedKafka } from '../support/kafka.ts'

/** Rows that are written in one transaction, and how it ends. */
export interface TestTransaction {
  readonly values: readonly string[]
  readonly ending: 'commit' | 'abort'
}

type Done = (error?: Error | null) => void

interface TransactionalProducer {
  connect(options: object, done: Done): void
  disconnect(timeoutMs: number, done: Done): void
  initTransactions(timeoutMs: number, done: Done): void
  beginTransaction(done: Done): void
  commitTransaction(timeoutMs: number, done: Done): void
  abortTransaction(timeoutMs: number, done: Done): void
  flush(timeoutMs: number, done: Done): void
  produce(topic: string, partition: number, value: Uint8Array, key: null, timestampMs: number): void
}

const MS_MAX = 20_000

const step = (work: (done: Done) => void): Promise<void> =>
  new Promise((done, fail) => work((error) => (error ? fail(error) : done())))

/** Writes transactions to partition 0 of a topic, one after the other. */
export async function sendTransactions(
  topic: string,
  transactions: readonly TestTransaction[],
): Promise<void> {
  const { bootstrapServers } = await sharedKafka()
  const { default: client } = (await import('node-rdkafka')) as unknown as {
    default: { Producer: new (conf: object, topicConf: object) => TransactionalProducer }
  }
  const conf = { 'bootstrap.servers': bootstrapServers, 'transactional.id': randomUUID() }
  const producer = new client.Producer(conf, {})
  await step((done) => producer.connect({}, done))
  await step((done) => producer.initTransactions(MS_MAX, done))
  for (const { values, ending } of transactions) {
    await step((done) => producer.beginTransaction(done))
    for (const value of values) producer.produce(topic, 0, Buffer.from(value), null, 1)
    // An aborted transaction that was never sent would leave nothing behind.
    await step((done) => producer.flush(MS_MAX, done))
    if (ending === 'commit') await step((done) => producer.commitTransaction(MS_MAX, done))
    else await step((done) => producer.abortTransaction(MS_MAX, done))
  }
  await step((done) => producer.disconnect(MS_MAX, done))
}
