// What every broker promises of a producer with transactions: all rows of a commit or none.
import { expect } from 'chai'
import { fresh, withTopic, type OpenSession } from './contract-member.ts'
import { numbered, readRecords, valuesOf } from './records.ts'

/** Together more than the 200,000 records that librdkafka is let hold. */
const BATCH = 20_000
const BATCHES = 11

/** Adds the part of the contract suite. */
export function describeTransactionalProducer(open: OpenSession): void {
  it('shows the rows of several partitions with the commit, and not before', async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 2)
    const producer = await broker.openTransactionalProducer(fresh('source'))
    const rows = numbered(40)
    await producer.send({ topic, partition: 0 }, rows)
    expect(rows.count, 'the builder is cleared').to.equal(0)
    await producer.send({ topic, partition: 1 }, numbered(30))
    const reader = await broker.openReader({ topic, partition: 0, offset: 0 })
    expect(await reader.read(100)).to.equal(undefined)
    await producer.commit()
    expect(await readRecords(reader, 40)).to.have.length(40)
    await reader.close()
    const other = await broker.openReader({ topic, partition: 1, offset: 0 })
    expect(await readRecords(other, 30)).to.have.length(30)
    await other.close()
    await producer.close()
  })

  it('shows nothing of what was undone, or not committed at the end', async () => {
    const { broker } = await open()
    const topic = await withTopic(broker)
    const producer = await broker.openTransactionalProducer(fresh('source'))
    await producer.send({ topic, partition: 0 }, numbered(10, 'undone'))
    await producer.abort()
    await producer.send({ topic, partition: 0 }, numbered(2, 'kept'))
    await producer.commit()
    await producer.send({ topic, partition: 0 }, numbered(5, 'left'))
    await producer.close()
    const after = await broker.openTransactionalProducer(fresh('source'))
    await after.send({ topic, partition: 0 }, numbered(1, 'after'))
    await after.commit()
    await after.close()
    const reader = await broker.openReader({ topic, partition: 0, offset: 0 })
    expect(valuesOf(await readRecords(reader, 3))).to.deep.equal(['kept0', 'kept1', 'after0'])
    await reader.close()
  })

  it('commits more rows than fit into a queue at once, in their order, and undoes as many', async () => {
    const { broker } = await open()
    const topic = await withTopic(broker)
    const producer = await broker.openTransactionalProducer(fresh('source'))
    const target = { topic, partition: 0 }
    const sendAll = async (prefix: string): Promise<void> => {
      for (let i = 0; i < BATCHES; i++) await producer.send(target, numbered(BATCH, prefix))
    }
    // Some wait still when they are undone.
    await sendAll('undone')
    await producer.abort()
    await sendAll('v')
    await producer.commit()
    await producer.close()
    const reader = await broker.openReader({ ...target, offset: 0 })
    const values = valuesOf(await readRecords(reader, BATCHES * BATCH))
    await reader.close()
    expect(values).to.have.length(BATCHES * BATCH)
    expect(values.findIndex((value, i) => value !== `v${i % BATCH}`)).to.equal(-1)
  })

  it('commits when nothing was sent', async () => {
    const { broker } = await open()
    const producer = await broker.openTransactionalProducer(fresh('source'))
    await producer.commit()
    await producer.commit()
    await producer.close()
  })
}
