// Clients of librdkafka from connect to disconnect, each a promise that ends in bounded time.
import { BrokerError } from '../ports.ts'
import type { RdClient, RdConf, RdConsumer, RdModule, RdProducer } from './rd-client.ts'
import {
  consumerConf,
  lookupConf,
  producerConf,
  reportFailures,
  withoutSecrets,
  type KafkaAddress,
} from './settings.ts'

/** What all clients of one Broker share. */
export interface ClientFactory {
  readonly module: RdModule
  readonly address: KafkaAddress
  readonly connectMsMax: number
  /** The way that rows should take to the workers. */
  readonly dataPath: 'native' | 'plain'
}

const DISCONNECT_MS_MAX = 10_000
const POLL_MS = 50

/**
 * A client for metadata and offsets; `extra` are settings over the user's.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE
 */
export function connectLookup(factory: ClientFactory, extra: RdConf = {}): Promise<RdConsumer> {
  const { module, address } = factory
  const conf = { ...lookupConf(address), ...extra }
  return connect(factory, () => new module.KafkaConsumer(conf, {}))
}

/** A consumer; `extra` are settings over the user's. @throws BrokerError MILLRACE_BROKER_UNREACHABLE */
export function connectConsumer(
  factory: ClientFactory,
  groupId: string,
  extra: RdConf = {},
): Promise<RdConsumer> {
  const { module, address } = factory
  const conf = { ...consumerConf(address, groupId), ...extra }
  return connect(factory, () => new module.KafkaConsumer(conf, {}))
}

/**
 * A producer; unless `extra` says otherwise it reports failed deliveries.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE
 */
export async function connectProducer(
  factory: ClientFactory,
  extra: RdConf = reportFailures(factory.address),
): Promise<RdProducer> {
  const { module, address } = factory
  const conf = { ...producerConf(address), ...extra }
  const producer = await connect(factory, () => new module.Producer(conf, {}))
  producer.setPollInterval(POLL_MS)
  return producer
}

async function connect<C extends RdClient>(factory: ClientFactory, make: () => C): Promise<C> {
  const { address, connectMsMax } = factory
  const client = configured(address, make)
  let lastLog = ''
  client.on('event.log', ({ message }) => (lastLog = message))
  client.on('event.error', () => undefined)
  const options = { allTopics: false, timeout: connectMsMax }
  await new Promise<void>((done, fail) => {
    client.connect(options, (error) => {
      if (error === null || error === undefined) return done()
      const reason = withoutSecrets(lastLog === '' ? error.message : lastLog, address)
      const message = `no Kafka broker answered at ${address.bootstrapServers} within ${connectMsMax} ms: ${reason}; check bootstrap.servers and the security settings`
      fail(new BrokerError('MILLRACE_BROKER_UNREACHABLE', message, { retriable: true }))
    })
  })
  return client
}

/** Makes a client; librdkafka checks the settings while it does. */
export function configured<C>(address: KafkaAddress, make: () => C): C {
  try {
    return make()
  } catch (cause) {
    const reason = withoutSecrets(cause instanceof Error ? cause.message : String(cause), address)
    throw new BrokerError(
      'MILLRACE_BROKER',
      `the settings for Kafka were refused: ${reason}; see librdkafka's CONFIGURATION.md for its names`,
    )
  }
}

/** A consumer and a producer that belong together. */
export interface Pair {
  readonly consumer: RdConsumer
  readonly producer: RdProducer
}

/** Waits for both clients; where one cannot connect the other does not stay behind. @throws BrokerError */
export async function bothOf(
  consumer: Promise<RdConsumer>,
  producer: Promise<RdProducer>,
): Promise<Pair> {
  const [consumes, produces] = await Promise.allSettled([consumer, producer])
  if (consumes.status === 'fulfilled' && produces.status === 'fulfilled') {
    return { consumer: consumes.value, producer: produces.value }
  }
  if (consumes.status === 'fulfilled') await disconnectConsumer(consumes.value)
  if (produces.status === 'fulfilled') await disconnectProducer(produces.value)
  throw consumes.status === 'rejected'
    ? consumes.reason
    : (produces as PromiseRejectedResult).reason
}

/** Goes on with both; where that fails they do not stay behind. @throws what `work` throws */
export async function orDisconnect<T>(
  { consumer, producer }: Pair,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await Promise.all([disconnectConsumer(consumer), disconnectProducer(producer)])
    throw error
  }
}

/** Disconnects, and gives up on a client that does not within ten seconds. */
export function disconnectConsumer(consumer: RdConsumer): Promise<void> {
  return bounded((done) => consumer.disconnect(done))
}

/** Disconnects after at most `flushMs` of delivering what is left. */
export function disconnectProducer(producer: RdProducer, flushMs = 0): Promise<void> {
  producer.setPollInterval(0)
  return bounded((done) => producer.disconnect(flushMs, done), DISCONNECT_MS_MAX + flushMs)
}

function bounded(work: (done: () => void) => void, ms = DISCONNECT_MS_MAX): Promise<void> {
  return new Promise((done) => {
    const watchdog = setTimeout(done, ms)
    work(() => {
      clearTimeout(watchdog)
      done()
    })
  })
}
