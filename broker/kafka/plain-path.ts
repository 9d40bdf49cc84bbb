// The plain way: the main thread consumes and produces, packed batches cross to and from the workers.
import type {
  FetchBudget,
  SharedStatesSpec,
  StateStoreKind,
  TopicPartition,
  Watermarks,
} from '../ports.ts'
import { Beside } from './beside.ts'
import {
  bothOf,
  connectConsumer,
  connectProducer,
  type ClientFactory,
  type Pair,
} from './clients.ts'
import type { DataPath } from './data-path.ts'
import { Intake } from './intake.ts'
import type { RdConf } from './rd-client.ts'
import { Sender } from './sender.ts'
import {
  besideFetchConf,
  deliveryMsOf,
  END_OF_PARTITION,
  recordBytesMaxOf,
  reportFailures,
} from './settings.ts'

/** A group's clients. */
export type GroupClients = Pair

/** Settings of a group's clients over those of every client. */
export interface ExtraConf {
  readonly consumer: RdConf
  readonly producer: RdConf
}

/** What a path is made of beside its clients. */
export interface PathOptions {
  readonly factory: ClientFactory
  readonly applicationId: string
  readonly stateDir: string
  readonly stateStore?: StateStoreKind | undefined
  readonly sharedStates?: SharedStatesSpec | undefined
  readonly fetching?: FetchBudget | undefined
  watermarks(of: TopicPartition): Promise<Watermarks>
  failed(error: { readonly code: number; readonly message: string }): void
}

/** Connects a group's clients. @throws BrokerError MILLRACE_BROKER_UNREACHABLE */
export async function connectPlain(
  factory: ClientFactory,
  groupId: string,
  extra: ExtraConf,
): Promise<GroupClients> {
  return bothOf(
    connectConsumer(factory, groupId, { ...extra.consumer, ...END_OF_PARTITION }),
    connectProducer(factory, { ...extra.producer, ...reportFailures(factory.address) }),
  )
}

/** The path over clients of `connectPlain`. */
export function plainPath(
  { consumer, producer }: GroupClients,
  reason: string,
  options: PathOptions,
): DataPath {
  const { factory, applicationId, fetching, watermarks, failed } = options
  const { stateDir, stateStore, sharedStates } = options
  const sender = new Sender(producer, deliveryMsOf(factory.address))
  const recordBytesMax = recordBytesMaxOf(factory.address)
  const connect = async () => {
    const name = `${factory.address.clientId}-beside`
    const conf = { ...besideFetchConf(factory.address, fetching), ...END_OF_PARTITION }
    const besides = await connectConsumer(factory, name, conf)
    return { consumer: besides, intake: new Intake({ consumer: besides, watermarks, failed }) }
  }
  return {
    info: { path: 'plain', reason },
    intake: new Intake({ consumer, watermarks, failed }),
    beside: new Beside({ connect, failed }),
    outbox: sender,
    openChannel: (port) => ({
      spec: {
        ...{ kind: 'kafka-plain', applicationId, recordBytesMax, port },
        ...{ stateDir, stateStore, sharedStates },
      },
      close: () => undefined,
    }),
    produce: (target, packed, sent) => sender.add(target, packed, sent),
  }
}
