// The native way: workers poll their partitions and produce by themselves, through the addon, on the
// clients that the main thread has made. It keeps membership, offsets and seeking.
import { randomUUID } from 'node:crypto'
import type { KafkaAddon } from '../native/kafka-addon.ts'
import { BrokerError, type GroupOptions } from '../ports.ts'
import { Beside } from './beside.ts'
import {
  bothOf,
  connectConsumer,
  connectProducer,
  disconnectConsumer,
  orDisconnect,
  type ClientFactory,
} from './clients.ts'
import { assignmentOf } from './group-assignment.ts'
import { assertFit } from './internal-topics.ts'
import { serversOf, withServer } from './member-servers.ts'
import type { DataPath, DataPathChoice } from './data-path.ts'
import { NativeIntake } from './native-intake.ts'
import { NativeOutbox } from './native-outbox.ts'
import type { ExtraConf, GroupClients, PathOptions } from './plain-path.ts'
import {
  batchConf,
  besideFetchConf,
  deliveryMsOf,
  END_OF_PARTITION,
  isUncompressed,
  nativeConf,
  recordBytesMaxOf,
  REPORT_NONE,
} from './settings.ts'
import { askForLimits, withoutSizes, type KnownLimits } from './topic-limits.ts'

/** The addon, to be taken. */
export type NativeChoice = Extract<DataPathChoice, { path: 'native' }>

/**
 * Milliseconds. What a client fetched and sent lies among what stays, and the room that it leaves would stay the
 * process's for good: after a backlog, and a little after each moment that was busier than those before.
 */
const SPARE_MS = 30_000

/** A group's clients, and the names by which the addon knows them. */
export interface NativeClients extends GroupClients {
  readonly consumerId: string
  readonly producerId: string
  /** What the topics that are written to take. */
  readonly known: KnownLimits
}

/** What the clients of a group are to know of it. */
export type NativeMember = Pick<
  GroupOptions,
  'applicationId' | 'applicationServer' | 'outputs' | 'internals'
>

/** Connects a group's clients. @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_TOPIC_MISMATCH */
export async function connectNative(
  factory: ClientFactory,
  { addon, addonPath }: NativeChoice,
  { applicationId, applicationServer, outputs = [], internals = [] }: NativeMember,
  extra: ExtraConf,
): Promise<NativeClients> {
  const consumerId = withServer(uniqueId(factory), applicationServer)
  const producerId = uniqueId(factory)
  const consumes = connectConsumer(factory, applicationId, {
    ...extra.consumer,
    ...END_OF_PARTITION,
    ...nativeConf(addonPath, consumerId),
  })
  const asked = consumes.then(() => askForLimits(addon, consumerId, outputs))
  const produces = asked.then(({ batchBytesMax }) =>
    // The addon sees deliveries itself; the client's own reports would take its marks for objects.
    connectProducer(factory, {
      ...batchConf(factory.address, batchBytesMax),
      ...extra.producer,
      ...REPORT_NONE,
      ...nativeConf(addonPath, producerId),
    }),
  )
  const clients = await bothOf(consumes, produces)
  return orDisconnect(clients, async () => {
    for (const clientId of [consumerId, producerId]) assertKnown(addon, clientId)
    const known = await asked
    assertFit(internals, known.settings)
    return { ...clients, consumerId, producerId, known }
  })
}

/** The path over clients of `connectNative`. */
export function nativePath(
  { consumer, producer, consumerId, producerId, known }: NativeClients,
  { addon, addonPath }: NativeChoice,
  options: PathOptions,
): DataPath {
  const { factory, applicationId, stateDir, stateStore, sharedStates, fetching, failed } = options
  const connect = async () => {
    const clientId = uniqueId(factory)
    const name = `${factory.address.clientId}-beside`
    const conf = {
      ...besideFetchConf(factory.address, fetching),
      ...END_OF_PARTITION,
      ...nativeConf(addonPath, clientId),
    }
    const besides = await connectConsumer(factory, name, conf)
    try {
      assertKnown(addon, clientId)
    } catch (error) {
      await disconnectConsumer(besides)
      throw error
    }
    return {
      consumer: besides,
      intake: new NativeIntake({ consumer: besides, clientId, addon, inGroup: false, failed }),
    }
  }
  const deliveryMs = deliveryMsOf(factory.address)
  const spare = setInterval(() => addon.giveMemoryBack(), SPARE_MS).unref()
  return {
    info: {
      path: 'native',
      ...(known.problem === undefined ? {} : { withoutLimits: known.problem }),
    },
    servers: () => serversOf(addon, consumerId, applicationId),
    members: () => assignmentOf(addon, consumerId, applicationId),
    generation: () => addon.groupGeneration?.(consumerId) ?? 0,
    intake: new NativeIntake({ consumer, clientId: consumerId, addon, inGroup: true, failed }),
    beside: new Beside({ connect, failed }),
    outbox: new NativeOutbox({ producer, clientId: producerId, addon, deliveryMs }),
    openChannel: (port, wake) => {
      const waker = addon.openWaker(wake)
      return {
        spec: {
          kind: 'kafka-native',
          applicationId,
          stateDir,
          stateStore,
          sharedStates,
          recordBytesMax: recordBytesMaxOf(factory.address),
          limits: isUncompressed(factory.address) ? known.limits : withoutSizes(known.limits),
          port,
          producer: producerId,
          waker,
        },
        close: () => addon.closeWaker(waker),
      }
    },
    produce: ({ topic }) => {
      throw new Error(`a worker with the addon posted rows for ${topic}`)
    },
    close: () => clearInterval(spare),
  }
}

/**
 * Workers would wait for ever on a client that the addon does not know.
 * @throws BrokerError MILLRACE_BROKER
 */
export function assertKnown(addon: KafkaAddon, clientId: string): void {
  if (addon.hasClient(clientId)) return
  throw new BrokerError(
    'MILLRACE_BROKER',
    `librdkafka has loaded the addon, but not told it of its client ${clientId}: shorten client.id, or set MILLRACE_NO_ADDON=1 to do without the addon`,
  )
}

/** The addon finds clients by their names, over all threads of the process. */
export const uniqueId = ({ address }: ClientFactory): string =>
  `${address.clientId}-${randomUUID().slice(0, 13)}`
