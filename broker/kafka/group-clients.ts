// The clients of a group, by the way that its rows take and by its guarantee. Used by the group alone.
import { randomUUID } from 'node:crypto'
import type { GroupOptions } from '../ports.ts'
import { orDisconnect, type ClientFactory } from './clients.ts'
import { chooseDataPath, type DataPath, type DataPathChoice } from './data-path.ts'
import { connectNative, nativePath, type NativeMember } from './native-path.ts'
import {
  connectPlain,
  plainPath,
  type ExtraConf,
  type GroupClients,
  type PathOptions,
} from './plain-path.ts'
import { nativeRequests, plainRequests, type OffsetRequests } from './offset-requests.ts'
import { fetchConf, transactionalConf, transactionMsOf } from './settings.ts'
import { Transactions } from './transactions.ts'

/** A group's clients, and what becomes of them. */
export interface Connected {
  readonly clients: GroupClients
  readonly open: (options: PathOptions) => DataPath
  readonly offsets: OffsetRequests
  /** There with exactly once. */
  readonly transactions: Transactions | undefined
}

/** Connects the clients of a group. @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_TOPIC_MISMATCH */
export async function connectGroup(
  factory: ClientFactory,
  {
    applicationId,
    guarantee,
    instanceId,
    isCoPartitioned = false,
    applicationServer,
    fetching,
    outputs,
    internals,
  }: GroupOptions,
  callbacks: ExtraConf['consumer'],
): Promise<Connected> {
  const { address } = factory
  const transactionalId = `${applicationId}-${instanceId ?? randomUUID()}`
  // Who comes back under the same name takes its partitions back at once (KIP-345).
  const member = {
    ...fetchConf(address, fetching),
    ...(instanceId === undefined ? {} : { 'group.instance.id': instanceId }),
    // The one assignor of librdkafka that keeps partitions of several topics together.
    ...(isCoPartitioned ? { 'partition.assignment.strategy': 'range' } : {}),
  }
  const isExactlyOnce = guarantee === 'exactly_once_v2'
  const transactional = transactionalConf(address, transactionalId, fetching?.partitions)
  const extra: ExtraConf = isExactlyOnce
    ? {
        consumer: {
          ...callbacks,
          ...member,
          'isolation.level': 'read_committed',
        },
        producer: transactional,
      }
    : { consumer: { ...callbacks, ...member }, producer: {} }
  const choice = chooseDataPath(factory)
  const connected = await connectBy(
    choice,
    factory,
    { applicationId, applicationServer, outputs, internals },
    extra,
  )
  if (!isExactlyOnce) return { ...connected, transactions: undefined }
  const { clients, offsets } = connected
  const { producer } = clients
  const transactions = new Transactions({
    ...{ address, transactionalId, producer, offsets },
    timeoutMs: transactionMsOf(transactional),
  })
  await orDisconnect(clients, () => transactions.open())
  return { ...connected, transactions }
}

async function connectBy(
  choice: DataPathChoice,
  factory: ClientFactory,
  member: NativeMember,
  extra: ExtraConf,
): Promise<Omit<Connected, 'transactions'>> {
  if (choice.path === 'native') {
    const clients = await connectNative(factory, choice, member, extra)
    const { consumer, producer, consumerId, producerId } = clients
    const plain = plainRequests(consumer, producer)
    const offsets = nativeRequests(choice.addon, consumerId, producerId, plain)
    return { clients, offsets, open: (options) => nativePath(clients, choice, options) }
  }
  const clients = await connectPlain(factory, member.applicationId, extra)
  const offsets = plainRequests(clients.consumer, clients.producer)
  return { clients, offsets, open: (options) => plainPath(clients, choice.reason, options) }
}
