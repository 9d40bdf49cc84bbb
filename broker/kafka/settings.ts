// What is asked of librdkafka: Millrace's defaults below the user's settings, a part for each client.
import type { FetchBudget } from '../ports.ts'
import type { RdConf } from './rd-client.ts'

/** The user's settings by librdkafka's names, as the configuration's prefixes divide them. */
export interface KafkaSettings {
  /** For every client: `security.protocol`, `sasl.username`, `ssl.ca.location`, … */
  readonly common: Readonly<Record<string, string>>
  readonly consumer: Readonly<Record<string, string>>
  readonly producer: Readonly<Record<string, string>>
  readonly admin: Readonly<Record<string, string>>
}

/** Where to connect, as whom. */
export interface KafkaAddress {
  readonly bootstrapServers: string
  readonly clientId: string
  readonly settings: KafkaSettings
}

/** How long a record may wait for its acknowledgement, in milliseconds, unless the user says. */
export const DELIVERY_MS = 120_000

/** Lets a client's questions for ends go beyond open transactions. */
export const PENDING_TOO: RdConf = { 'isolation.level': 'read_uncommitted' }

/** Settings of a client that only asks for metadata and offsets; it never creates a topic. */
export function lookupConf(address: KafkaAddress): RdConf {
  return {
    ...commonConf(address),
    'allow.auto.create.topics': 'false',
    'enable.auto.commit': 'false',
    ...address.settings.common,
    ...address.settings.consumer,
    'group.id': `${address.clientId}-lookup`,
  }
}

/** How often a client tells of its round trips, in milliseconds. */
const STATISTICS: RdConf = { 'statistics.interval.ms': '5000' }

/** The client's own limit for what it fetches of a partition at once. */
const PARTITION_FETCH_BYTES = 1_048_576
const PREFETCH_BYTES_MAX = 8_388_608
const PREFETCH_BYTES_MIN = 16_384
/** Of a changelog, or what fills a global table, until it is read: one question is under way at a time. */
const BESIDE_BYTES = 4_194_304
const FETCH_BYTES_MAX = 52_428_800

/**
 * The client names all of its partitions in each request. With so many of them an answer waits for more than a
 * row, or until `fetch.wait.max.ms`: else a broker looks through all of them for each row that one gets.
 */
const TOGETHER_MIN = 256
const TOGETHER_BYTES = 65_536
/**
 * How long an answer waits for that: a broker goes through all of the partitions when it is asked, and when the time is
 * over, so that it goes through about as many of them a second however many there are.
 */
const FETCH_WAIT_MS = 100
const FETCH_WAIT_MS_MAX = 500
const PARTITIONS_A_WAIT_MS = 4

/**
 * What a consumer fetches ahead of each partition, so that all together hold the budget: half of it waits, and
 * half may come by an answer that is under way. A record that is larger comes alone. The user's settings win.
 */
export function fetchConf(
  { settings: { common, consumer } }: KafkaAddress,
  budget: FetchBudget | undefined,
  partitionBytes = PARTITION_FETCH_BYTES,
): RdConf {
  if (budget === undefined) return {}
  const { bytes, partitions } = budget
  const half = bytes / Math.max(1, partitions) / 2
  const within = (max: number): number =>
    Math.floor(Math.min(max, Math.max(half, PREFETCH_BYTES_MIN)))
  const answerBytes = Math.min(FETCH_BYTES_MAX, Math.floor(bytes / 8))
  const conf = {
    'queued.max.messages.kbytes': String(Math.floor(within(PREFETCH_BYTES_MAX) / 1_024)),
    'max.partition.fetch.bytes': String(within(partitionBytes)),
    'fetch.max.bytes': String(Math.max(PARTITION_FETCH_BYTES, answerBytes)),
  }
  // No more than one may give: else the only one that is behind waits each time.
  const together = Math.min(TOGETHER_BYTES, within(PARTITION_FETCH_BYTES))
  if (partitions >= TOGETHER_MIN) {
    const waitMs = Math.min(Math.floor(partitions / PARTITIONS_A_WAIT_MS), FETCH_WAIT_MS_MAX)
    const wait = { 'fetch.wait.max.ms': String(Math.max(FETCH_WAIT_MS, waitMs)) }
    Object.assign(conf, wait, { 'fetch.min.bytes': String(together) })
  }
  const set = new Set([...Object.keys(common), ...Object.keys(consumer)])
  if (set.has('fetch.message.max.bytes')) set.add('max.partition.fetch.bytes')
  return Object.fromEntries(Object.entries(conf).filter(([name]) => !set.has(name)))
}

/** What a consumer beside the group fetches ahead: as `fetchConf`, but in fewer, larger pieces. */
export function besideFetchConf(address: KafkaAddress, budget: FetchBudget | undefined): RdConf {
  return fetchConf(address, budget, BESIDE_BYTES)
}

/**
 * Has the end of a partition told where a consumer comes to it. Nothing else says that all rows are there: what a broker
 * answers to another client does not, nor does silence, and what lies behind the last row may be control records.
 */
export const END_OF_PARTITION: RdConf = { 'enable.partition.eof': 'true' }

/** Settings of a consumer; `groupId` is only a name where no topic is subscribed to. */
export function consumerConf(address: KafkaAddress, groupId: string): RdConf {
  return {
    ...commonConf(address),
    ...STATISTICS,
    'partition.assignment.strategy': 'cooperative-sticky',
    'auto.offset.reset': 'earliest',
    // Members hear of a rebalance by their heartbeats: this is how long a handover waits.
    'heartbeat.interval.ms': '500',
    // How long the partitions of one that does not come back wait; they come from a thread of their own.
    'session.timeout.ms': '10000',
    'allow.auto.create.topics': 'false',
    // The default of a second starves a reader that is faster than the prefetch is deep.
    'fetch.queue.backoff.ms': '5',
    'fetch.wait.max.ms': String(FETCH_WAIT_MS),
    // Per partition. A pause throws the prefetch away, and memory holds it: so it is kept shallow.
    'queued.min.messages': '20000',
    'queued.max.messages.kbytes': '8192',
    ...address.settings.common,
    ...address.settings.consumer,
    // Offsets are committed by Group.commit alone.
    'enable.auto.commit': 'false',
    'enable.auto.offset.store': 'false',
    'group.id': groupId,
  }
}

/** Settings of a producer. */
export function producerConf(address: KafkaAddress): RdConf {
  return {
    ...commonConf(address),
    ...STATISTICS,
    'enable.idempotence': 'true',
    acks: 'all',
    'linger.ms': '5',
    'queue.buffering.max.messages': '200000',
    'queue.buffering.max.kbytes': '65536',
    'message.timeout.ms': String(DELIVERY_MS),
    ...address.settings.common,
    ...address.settings.producer,
  }
}

/**
 * The transaction of an instance that does not come back is undone after this long, and what comes after it
 * held back until then. After an outage that is longer an instance joins anew. Kafka Streams' default.
 */
const TRANSACTION_MS = 10_000
/**
 * To write to a partition takes a request each, and longer on a broker that has much to do: of thousands no
 * transaction would ever be through in time.
 */
const TRANSACTION_MS_A_PARTITION = 30
const TRANSACTION_MS_MAX = 60_000

/**
 * Settings, over the others, of a producer whose outputs and offsets are one transaction a commit.
 * @param partitions of the topics that the application reads; few where left out.
 */
export function transactionalConf(
  { settings }: KafkaAddress,
  transactionalId: string,
  partitions = 0,
): RdConf {
  const { common, producer } = settings
  const neededMs = Math.min(partitions * TRANSACTION_MS_A_PARTITION, TRANSACTION_MS_MAX)
  const set = { ...common, ...producer }['transaction.timeout.ms']
  const timeoutMs = set ?? String(Math.max(TRANSACTION_MS, neededMs))
  return {
    'transactional.id': transactionalId,
    'transaction.timeout.ms': timeoutMs,
    // A record that outlives its transaction is of no use, and librdkafka refuses it.
    'message.timeout.ms': timeoutMs,
  }
}

/** After how many milliseconds the broker undoes a transaction of such a producer. */
export const transactionMsOf = (conf: RdConf): number => Number(conf['transaction.timeout.ms'])

/** A report for each delivery would cost three times what sending does, even if nobody hears it. */
export const REPORT_NONE: RdConf = { 'delivery.report.only.error': 'true' }
/**
 * Has failed deliveries reported, and one batch at a time under way to a broker unless the user sets it otherwise:
 * with more of them librdkafka may take one for written that never arrived, and only its offset tells.
 */
export function reportFailures({ settings: { common, producer } }: KafkaAddress): RdConf {
  const set = { ...common, ...producer }
  const isSet = 'max.in.flight' in set || 'max.in.flight.requests.per.connection' in set
  return { ...REPORT_NONE, dr_cb: true, ...(isSet ? {} : { 'max.in.flight': '1' }) }
}

/** Has every delivery reported, with its offset: for few records, of which each is answered for. */
export const REPORT_ALL: RdConf = { 'delivery.report.only.error': 'false', dr_cb: true }

/** Lets the addon at `path` find the client that is made, by a name that no other has. */
export function nativeConf(path: string, clientId: string): RdConf {
  return { 'plugin.library.paths': path, 'client.id': clientId }
}

/** Settings of the client that creates topics. */
export function adminConf(address: KafkaAddress): RdConf {
  return { ...commonConf(address), ...address.settings.common, ...address.settings.admin }
}

/**
 * A client connects twice as it starts, and waits for half of this in between (librdkafka's sparse connections):
 * with its own default of 100 each client comes up 40 ms later. It doubles with each failure, up to ten seconds.
 */
const RECONNECT_MS = 20

function commonConf({ bootstrapServers, clientId }: KafkaAddress): RdConf {
  return {
    'bootstrap.servers': bootstrapServers,
    'client.id': clientId,
    'reconnect.backoff.ms': String(RECONNECT_MS),
  }
}

const SECRET = /password|secret|token|jaas|credential|oauthbearer\.config|\.pem$|^ssl\.key/

/** Takes the values of secret settings out of a text, so that it may be shown. */
export function withoutSecrets(text: string, { settings }: KafkaAddress): string {
  const secrets = Object.values(settings)
    .flatMap((part) => Object.entries(part as Record<string, string>))
    .filter(([name, value]) => SECRET.test(name) && value !== '')
    .map(([, value]) => value)
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}

/** The client's own limit of a batch. */
const BATCH_BYTES = 1_000_000
/** The client's own limit. */
const MESSAGE_BYTES = 1_000_000
/** What a record and a batch of it alone take beside key, value and headers at most. */
export const MESSAGE_OVERHEAD_BYTES = 36 + 61

/** Bytes of key, value and headers that the producer takes as one record, by its `message.max.bytes`. */
export function recordBytesMaxOf({ settings: { common, producer } }: KafkaAddress): number {
  const set = { ...common, ...producer }['message.max.bytes']
  return (set === undefined ? MESSAGE_BYTES : Number(set)) - MESSAGE_OVERHEAD_BYTES
}

/**
 * Keeps batches as small as all of the topics take them: a broker refuses a batch that is larger, of small records,
 * too, and the client does not cut it in two as Java's does. The user's settings win.
 */
export function batchConf(
  { settings: { common, producer } }: KafkaAddress,
  batchBytesMax: number,
): RdConf {
  const isSet = 'batch.size' in { ...common, ...producer }
  return isSet || batchBytesMax >= BATCH_BYTES ? {} : { 'batch.size': String(batchBytesMax) }
}

/** Whether the producer sends what brokers see the size of as it is, uncompressed. */
export function isUncompressed({ settings: { common, producer } }: KafkaAddress): boolean {
  const all = { ...common, ...producer }
  return (all['compression.codec'] ?? all['compression.type'] ?? 'none') === 'none'
}

/** The user's `delivery.timeout.ms` by either of its names, or the default; milliseconds. */
export function deliveryMsOf({ settings: { common, producer } }: KafkaAddress): number {
  const all = { ...common, ...producer }
  const set = all['delivery.timeout.ms'] ?? all['message.timeout.ms']
  return set === undefined ? DELIVERY_MS : Number(set)
}
