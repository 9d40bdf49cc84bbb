// Writes from the main thread, all rows of a commit or none of them: for what is read into topics.
import type { TopicPartition, TransactionalProducer } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch.ts'
import { connectProducer, disconnectProducer, type ClientFactory } from './clients.ts'
import type { RdProducer } from './rd-client.ts'
import { RoomySender } from './roomy-sender.ts'
import { deliveryMsOf, REPORT_FAILURES, transactionalConf } from './settings.ts'
import { Transactions } from './transactions.ts'

/**
 * Connects, and ends what another process left open under the same id.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_BROKER
 */
export async function openKafkaTransactions(
  factory: ClientFactory,
  transactionalId: string,
): Promise<TransactionalProducer> {
  const { address } = factory
  const client = await connectProducer(factory, {
    ...REPORT_FAILURES,
    ...transactionalConf(address, transactionalId),
  })
  const sameId = 'under the same name'
  const transactions = new Transactions({ address, transactionalId, producer: client, sameId })
  try {
    await transactions.open()
  } catch (error) {
    await disconnectProducer(client)
    throw error
  }
  const sender = new RoomySender(client, deliveryMsOf(address))
  return new KafkaTransactionalProducer(client, sender, transactions)
}

class KafkaTransactionalProducer implements TransactionalProducer {
  readonly #client: RdProducer
  readonly #sender: RoomySender
  readonly #transactions: Transactions
  #closed: Promise<void> | undefined

  constructor(client: RdProducer, sender: RoomySender, transactions: Transactions) {
    this.#client = client
    this.#sender = sender
    this.#transactions = transactions
  }

  async send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    // What failed before is told by the commit, which knows whether it may go well in another transaction.
    if (rows.count > 0) await this.#sender.send(target, rows)
  }

  commit(): Promise<void> {
    return this.#transactions.commit(this.#sender, [], true)
  }

  abort(): Promise<void> {
    return this.#transactions.abort(this.#sender)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#sender.close()
    await this.#transactions.end()
    await disconnectProducer(this.#client)
  }
}
