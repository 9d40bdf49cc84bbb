// The part of node-rdkafka that Millrace uses, in types of its own: the package's typings differ from
// what it does, and no type of it may reach the ports. `../kafka.ts` hands the module in.
import type { TopicPartition, TopicPartitionOffset } from '../ports.ts'

/** Settings by librdkafka's names; functions are callbacks. */
export type RdConf = Record<string, unknown>

/** An error of librdkafka: negative codes are its own, positive ones the broker's. */
export interface RdError {
  readonly message: string
  readonly code: number
  readonly isFatal?: boolean
  /** Of transactions: the same call may succeed later, or the transaction is lost. */
  readonly isRetriable?: boolean
  readonly isTxnRequiresAbort?: boolean
}

export type RdDone = (error: RdError | null | undefined) => void

export type RdCallback<T> = (error: RdError | null | undefined, result: T) => void

/** A record as the client gives it: key and value are copies that belong to us. */
export interface RdMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly Readonly<Record<string, Uint8Array>>[]
}

/** Given where `enable.partition.eof` is set. */
export interface RdEndOfPartition extends TopicPartition {
  readonly offset: number
}

export interface RdMetadata {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly id: number; readonly leader: number }[]
  }[]
}

interface MetadataOptions {
  readonly topic?: string
  readonly allTopics: boolean
  readonly timeout: number
}

/** A line of a client's log; `fac` tells what it is about: `FATAL` says of what the client died. */
export interface RdLog {
  readonly fac: string
  readonly message: string
}

/** What consumers and producers have in common. */
export interface RdClient {
  connect(options: MetadataOptions, done: RdCallback<RdMetadata>): unknown
  isConnected(): boolean
  getMetadata(options: MetadataOptions, done: RdCallback<RdMetadata>): unknown
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeoutMs: number,
    done: RdCallback<{ readonly lowOffset: number; readonly highOffset: number }>,
  ): unknown
  on(event: 'event.log', listener: (log: RdLog) => void): unknown
  on(event: 'event.stats', listener: (stats: { readonly message: string }) => void): unknown
  on(event: 'event.error', listener: (error: RdError) => void): unknown
}

/** The client below the JavaScript wrapper; its `consume` spares an event per record. */
export interface RdNativeConsumer {
  consume(
    timeoutMs: number,
    count: number,
    done: (
      error: { readonly code: number; readonly message: string } | null,
      messages: readonly RdMessage[],
      ends: readonly RdEndOfPartition[],
    ) => void,
  ): void
}

export interface RdConsumer extends RdClient {
  disconnect(done: () => void): unknown
  subscribe(topics: readonly string[]): unknown
  unsubscribe(): unknown
  assign(partitions: readonly TopicPartitionOffset[]): unknown
  unassign(): unknown
  incrementalAssign(partitions: readonly TopicPartitionOffset[]): unknown
  incrementalUnassign(partitions: readonly TopicPartition[]): unknown
  assignments(): readonly TopicPartition[]
  rebalanceProtocol(): string
  pause(partitions: readonly TopicPartition[]): unknown
  resume(partitions: readonly TopicPartition[]): unknown
  seek(to: TopicPartitionOffset, timeoutMs: number, done: (error?: RdError) => void): unknown
  getWatermarkOffsets(
    topic: string,
    partition: number,
  ): { readonly lowOffset: number; readonly highOffset: number }
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
    done: RdCallback<readonly (TopicPartition & { readonly offset?: number })[]>,
  ): unknown
  commit(offsets: readonly TopicPartitionOffset[]): unknown
  /** Takes timestamps in the place of offsets; answers -1 where nothing is as young. */
  offsetsForTimes(
    times: readonly TopicPartitionOffset[],
    timeoutMs: number,
    done: RdCallback<readonly (TopicPartitionOffset & { readonly error?: RdError })[]>,
  ): unknown
  getClient(): RdNativeConsumer
}

/** Headers go as objects of one property each; the client makes their values strings. */
export type RdHeaders = Record<string, string>[]

/** What became of a record; `opaque` is what was produced with it. */
export interface RdReport extends TopicPartitionOffset {
  readonly opaque?: unknown
}

/** Answers 0 or an error code instead of throwing. */
export interface RdNativeProducer {
  produce(
    topic: string,
    partition: number,
    value: Uint8Array | null,
    key: Uint8Array | null,
    timestampMs: number,
    opaque: unknown,
    headers: RdHeaders | undefined,
  ): number
}

export interface RdProducer extends RdClient {
  disconnect(timeoutMs: number, done: () => void): unknown
  poll(): unknown
  setPollInterval(ms: number): unknown
  flush(timeoutMs: number, done: (error: RdError | null | undefined) => void): unknown
  getClient(): RdNativeProducer
  initTransactions(timeoutMs: number, done: RdDone): unknown
  beginTransaction(done: RdDone): unknown
  sendOffsetsToTransaction(
    offsets: readonly TopicPartitionOffset[],
    consumer: RdConsumer,
    timeoutMs: number,
    done: RdDone,
  ): unknown
  commitTransaction(timeoutMs: number, done: RdDone): unknown
  abortTransaction(timeoutMs: number, done: RdDone): unknown
  on(event: 'event.log', listener: (log: RdLog) => void): unknown
  on(event: 'event.stats', listener: (stats: { readonly message: string }) => void): unknown
  on(event: 'event.error', listener: (error: RdError) => void): unknown
  on(event: 'delivery-report', listener: (error: RdError | null, report: RdReport) => void): unknown
}

export interface RdNewTopic {
  readonly topic: string
  readonly num_partitions: number
  readonly replication_factor: number
  readonly config: Readonly<Record<string, string>>
}

export interface RdAdmin {
  createTopic(topic: RdNewTopic, timeoutMs: number, done: (error?: RdError) => void): void
  deleteTopic(name: string, timeoutMs: number, done: (error?: RdError) => void): void
  disconnect(): void
}

/** The module itself. */
export interface RdModule {
  readonly librdkafkaVersion?: string
  /** librdkafka's `builtin.features`. */
  readonly features?: readonly string[]
  readonly KafkaConsumer: new (conf: RdConf, topicConf: RdConf) => RdConsumer
  readonly Producer: new (conf: RdConf, topicConf: RdConf) => RdProducer
  readonly AdminClient: { create(conf: RdConf): RdAdmin }
}

/** The codes that Millrace tells apart. */
export const RdCode = {
  assign: -175,
  revoke: -174,
  queueFull: -184,
  timedOut: -185,
  timedOutInQueue: -166,
  transport: -195,
  allBrokersDown: -187,
  unknownPartition: -190,
  unknownTopic: -188,
  waitCoordinator: -180,
  fatal: -150,
  maxPollExceeded: -147,
  fencedLocally: -144,
  purgedInQueue: -152,
  purgedInFlight: -151,
  deliveryTimedOut: -192,
  erroneousState: -172,
  assignmentLost: -142,
  inconsistent: -149,
  authentication: -169,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  requestTimedOut: 7,
  messageTooLarge: 10,
  invalidTimestamp: 32,
  invalidRecord: 87,
  invalidDifferentRecord: -138,
  coordinatorLoading: 14,
  coordinatorUnavailable: 15,
  notCoordinator: 16,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicDenied: 29,
  groupDenied: 30,
  clusterDenied: 31,
  oldEpoch: 47,
  topicExists: 36,
  fencedInstance: 82,
  unstableOffsets: 88,
  producerFenced: 90,
} as const
