// Writes from the main thread, all rows of a commit or none of them: for what is read into topics.
import type { TopicPartition, TransactionalProducer } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { connectProducer, disconnectProducer, type ClientFactory } from './clients.ts'
import { chooseDataPath } from './data-path.ts'
import { assertKnown, uniqueId, type NativeChoice } from './native-path.ts'
import { NativeSender } from './native-sender.ts'
import type { RdConf, RdProducer } from './rd-client.ts'
import type { RowSender } from './reading.ts'
import { RoomySender } from './roomy-sender.ts'
import {
  deliveryMsOf,
  nativeConf,
  reportFailures,
  REPORT_NONE,
  transactionalConf,
  transactionMsOf,
} from './settings.ts'
import { Transactions } from './transactions.ts'

/** A client, and how rows get to it. */
interface Way {
  readonly client: RdProducer
  readonly openSender: () => RowSender
}

/**
 * Connects, and ends what another process left open under the same id.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_BROKER
 */
export async function openKafkaTransactions(
  factory: ClientFactory,
  transactionalId: string,
): Promise<TransactionalProducer> {
  const { address } = factory
  const choice = chooseDataPath(factory)
  const conf = transactionalConf(address, transactionalId)
  const { client, openSender } = await (choice.path === 'native'
    ? nativeWay(factory, choice, conf)
    : plainWay(factory, conf))
  const sameId = 'under the same name'
  const transactions = new Transactions({
    ...{ address, transactionalId, producer: client, sameId },
    timeoutMs: transactionMsOf(conf),
  })
  try {
    await transactions.open()
  } catch (error) {
    await disconnectProducer(client)
    throw error
  }
  return new KafkaTransactionalProducer(client, openSender(), transactions)
}

async function plainWay(factory: ClientFactory, conf: RdConf): Promise<Way> {
  const client = await connectProducer(factory, { ...reportFailures(factory.address), ...conf })
  return { client, openSender: () => new RoomySender(client, deliveryMsOf(factory.address)) }
}

async function nativeWay(
  factory: ClientFactory,
  { addon, addonPath }: NativeChoice,
  conf: RdConf,
): Promise<Way> {
  const clientId = uniqueId(factory)
  const names = nativeConf(addonPath, clientId)
  const client = await connectProducer(factory, { ...REPORT_NONE, ...conf, ...names })
  try {
    assertKnown(addon, clientId)
  } catch (error) {
    await disconnectProducer(client)
    throw error
  }
  const deliveryMs = deliveryMsOf(factory.address)
  const openSender = (): RowSender =>
    new NativeSender({ producer: client, clientId, addon, deliveryMs })
  return { client, openSender }
}

class KafkaTransactionalProducer implements TransactionalProducer {
  readonly #client: RdProducer
  readonly #sender: RowSender
  readonly #transactions: Transactions
  #closed: Promise<void> | undefined

  constructor(client: RdProducer, sender: RowSender, transactions: Transactions) {
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
