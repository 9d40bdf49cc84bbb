// The broker port over Apache Kafka, and the one importer of node-rdkafka, which must live on the main
// thread of a process: workers take the data ports in `kafka/`, which do not reach this file.
import { KafkaBroker } from './kafka/broker.ts'
import { connectLookup, type ClientFactory } from './kafka/clients.ts'
import { TESTED_LIBRDKAFKA } from './kafka/data-path.ts'
import type { RdModule } from './kafka/rd-client.ts'
import type { KafkaSettings } from './kafka/settings.ts'
import { BrokerError, type Broker } from './ports.ts'

/** How to reach Kafka. */
export interface KafkaBrokerOptions {
  /** `host:port`, several of them parted by commas. */
  readonly bootstrapServers: string
  readonly clientId: string
  readonly settings?: Partial<KafkaSettings>
  /** Of topics that are created; -1, the default, is the broker's default. */
  readonly replicationFactor?: number
  /** How long to wait for the first answer of a broker, 10,000 ms unless said. */
  readonly connectMsMax?: number
  /** `plain` leaves the addon out; `native`, the default, takes it where it can be had. */
  readonly dataPath?: 'native' | 'plain'
  /** How to load the client; tests put their own here. */
  readonly load?: () => Promise<RdModule>
}

const CONNECT_MS_MAX = 10_000

/**
 * Connects to Kafka. Each client blocks a thread of libuv's pool for moments: set UV_THREADPOOL_SIZE to
 * 16 before the process starts.
 * @throws BrokerError MILLRACE_BROKER_CLIENT_MISSING, MILLRACE_BROKER_UNREACHABLE, MILLRACE_BROKER
 */
export async function openKafkaBroker(options: KafkaBrokerOptions): Promise<Broker> {
  const { bootstrapServers, clientId, settings = {} } = options
  const { common = {}, consumer = {}, producer = {}, admin = {} } = settings
  const factory: ClientFactory = {
    module: await loadClient(options.load ?? importClient),
    address: { bootstrapServers, clientId, settings: { common, consumer, producer, admin } },
    connectMsMax: options.connectMsMax ?? CONNECT_MS_MAX,
    dataPath: options.dataPath ?? 'native',
  }
  const lookup = await connectLookup(factory)
  return new KafkaBroker(factory, lookup, options.replicationFactor ?? -1)
}

async function importClient(): Promise<RdModule> {
  const imported = await import('node-rdkafka')
  // Its typings claim more and other things than it does; `rd-client.ts` says what is used.
  return imported.default as unknown as RdModule
}

async function loadClient(load: () => Promise<RdModule>): Promise<RdModule> {
  try {
    return await load()
  } catch (cause) {
    const message =
      'the Kafka client node-rdkafka is not installed or was not compiled: run "npm install node-rdkafka" where a C++ compiler, make and Python are found, or use an embedded broker (bootstrap.servers=embedded:DIR)'
    throw new BrokerError('MILLRACE_BROKER_CLIENT_MISSING', message, { cause })
  }
}

/** The installed client of Kafka. */
export interface KafkaClientInfo {
  readonly librdkafka: string
  /** Whether the addon was tested with it: else records pass the main thread. */
  readonly isTested: boolean
  /** What librdkafka was built with: `zstd`, `ssl`, `sasl_scram`, … */
  readonly features: readonly string[]
}

/** Looks at the client without connecting. @throws BrokerError MILLRACE_BROKER_CLIENT_MISSING */
export async function inspectKafkaClient(load = importClient): Promise<KafkaClientInfo> {
  const { librdkafkaVersion = 'unknown', features = [] } = await loadClient(load)
  const isTested = TESTED_LIBRDKAFKA.has(librdkafkaVersion)
  return { librdkafka: librdkafkaVersion, isTested, features }
}
