import { expect } from 'chai'
import type { RdConsumer, RdDone, RdProducer } from '../../broker/kafka/rd-client.ts'
import type { Outbox } from '../../broker/kafka/reading.ts'
import { Transactions } from '../../broker/kafka/transactions.ts'
import type { TopicPartitionOffset } from '../../broker/ports.ts'

describe('the transactions of a group', () => {
  const outbox: Outbox = {
    ...{ queuedRows: 0, knowsClients: true, errors: {} },
    flush: () => Promise.resolve(),
    reset: () => Promise.resolve(),
    close: () => undefined,
  }
  const at = (partition: number, offset: number): TopicPartitionOffset => {
    return { topic: 'in', partition, offset }
  }
  let sent: (readonly TopicPartitionOffset[])[]
  let transactions: Transactions

  beforeEach(() => {
    sent = []
    const done = (callback: RdDone): void => callback(undefined)
    const producer = {
      beginTransaction: done,
      commitTransaction: (_ms: number, callback: RdDone) => callback(undefined),
      sendOffsetsToTransaction(
        offsets: readonly TopicPartitionOffset[],
        _consumer: unknown,
        _ms: number,
        callback: RdDone,
      ) {
        sent.push(offsets)
        callback(undefined)
      },
    } as unknown as RdProducer
    transactions = new Transactions({
      address: { bootstrapServers: 'broker:9092' } as never,
      transactionalId: 'app',
      producer,
      consumer: {} as RdConsumer,
    })
  })

  it('commit the offsets that have moved', async () => {
    await transactions.commit(outbox, [at(0, 5), at(1, 7)], true)
    await transactions.commit(outbox, [at(0, 5), at(1, 9)], true)
    expect(sent).to.deep.equal([[at(0, 5), at(1, 7)], [at(1, 9)]])
  })

  it('send one with rows that come of no input: the broker must see whose they are', async () => {
    await transactions.commit(outbox, [at(0, 5), at(1, 7)], true)
    await transactions.commit(outbox, [at(0, 5), at(1, 7)], true)
    expect(sent.at(-1)).to.deep.equal([at(0, 5)])
    expect(sent).to.have.length(2)
  })

  it('ask nothing of the broker where nothing was done', async () => {
    await transactions.commit(outbox, [at(0, 5)], true)
    await transactions.commit(outbox, [at(0, 5)], false)
    expect(sent).to.have.length(1)
  })
})
