// The Kafka part of the addon: clients of librdkafka that have it as their plugin, by client.id, and
// their partitions and topics, to be read and written in any thread.

import type { TopicPartition, TopicPartitionOffset } from '../ports.ts'

/** A partition being read; closed by `closeReader`, at the latest when it is collected. */
export type ReaderHandle = { readonly __brand: 'partition-reader' }
/** A topic being written. */
export type WriterHandle = { readonly __brand: 'packed-writer' }

/** Places in the `state` of `poll`. */
export const PollState = {
  /** Bytes of `bytes` that the rows take. */
  bytes: 0,
  /** Not 0: the next record alone needs so many bytes, and there are less. */
  needed: 1,
  /** 1 when a record was at hand and found no room. */
  left: 2,
  /** The end of the partition, when everything before it has been given; else -1. */
  endOfPartition: 3,
  /** The end as the last fetch told it; negative when unknown. */
  highWatermark: 4,
  /** librdkafka's code of an error of the partition, or 0. */
  error: 5,
  slots: 6,
} as const

/** A row that could not be delivered: librdkafka's code, and its text for it. */
export interface DeliveryFailure {
  readonly code: number
  readonly text: string
  readonly topic: string
  readonly partition: number
}

/** A member of a consumer group, as its coordinator tells it. */
export interface NativeGroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
  /**
   * What it reads, as Kafka's `ConsumerProtocolAssignment`; empty while the group shares out anew.
   */
  readonly assignment: Uint8Array
}

/** A committed offset with what is kept beside it. */
export interface NativeOffset extends TopicPartition {
  /** Left out where nothing is committed. */
  readonly offset?: number
  readonly metadata?: string
}

/** Why a request failed: librdkafka's code and text, and what it says of transactions. */
export interface NativeFailure {
  readonly code: number
  readonly message: string
  readonly isFatal: boolean
  readonly isRetriable: boolean
  readonly isTxnRequiresAbort: boolean
}

/** Settings of a topic by Kafka's names. */
export type TopicSettings = Readonly<Record<string, string>>

/** What topics are set to; those that could not be asked for are left out, and `problem` says why. */
export interface SettingsOfTopics {
  readonly topics: Readonly<Record<string, TopicSettings>>
  readonly problem?: string
}

/** What the addon does with Kafka. A client that was closed is not there; asking it of its epochs throws. */
export interface KafkaAddon {
  /** Of the library that has loaded the addon as its plugin; undefined before the first has. */
  librdkafkaVersion(): string | undefined
  /** Whether a connected client has that `client.id`, and the addon as its plugin. */
  hasClient(clientId: string): boolean
  /** How many clients are alive. */
  clientCount(): number

  /**
   * Who is in a group now; nobody where there is no such group. Blocks the thread, `timeoutMs` at most.
   * @throws Error when the brokers do not answer or refuse
   */
  groupMembers(clientId: string, group: string, timeoutMs: number): readonly NativeGroupMember[]

  /**
   * The generation of the group in which a consumer is a member; negative for none. Not there in an addon that
   * was built before it.
   */
  groupGeneration?(clientId: string): number

  /**
   * Asks the brokers to store offsets of the consumer's group; the answer comes by its `offset_commit_cb`. These
   * three are not there in an addon that was built before them. @returns 0, or the code of an error.
   */
  commitOffsets?(consumerId: string, offsets: readonly NativeOffset[]): number
  /** What the consumer's group has committed of these partitions, or why that cannot be told. */
  committedOffsets?(
    consumerId: string,
    partitions: readonly TopicPartition[],
    timeoutMs: number,
  ): Promise<readonly NativeOffset[] | NativeFailure>
  /** Makes offsets up to which the consumer has read part of the producer's transaction. */
  sendOffsets?(
    producerId: string,
    consumerId: string,
    offsets: readonly NativeOffset[],
    timeoutMs: number,
  ): Promise<readonly NativeOffset[] | NativeFailure>

  /**
   * Asks what topics are set to, of the settings named. Not there in an addon that was built before it.
   * @throws Error when the client is not there
   */
  topicSettings?(
    clientId: string,
    topics: readonly string[],
    names: readonly string[],
    timeoutMs: number,
  ): Promise<SettingsOfTopics>

  /** Has `wake` called in this thread when a reader or writer that was given the number signals. */
  openWaker(wake: () => void): number
  closeWaker(waker: number): void

  /**
   * Takes a partition's rows out of its consumer's own queue, for a reader. To be called before the
   * partition is assigned; it lasts as long as the consumer.
   */
  splitPartition(clientId: string, topic: string, partition: number): void
  /** The client must stand at `offset`, or come to it. @returns undefined when the client is not there. */
  openReader(
    clientId: string,
    topic: string,
    partition: number,
    offset: number,
    waker: number,
  ): ReaderHandle | undefined
  /**
   * Packs the records at hand into columns, as many as there is room for.
   * @returns how many rows, or -1 when the client is gone.
   */
  poll(
    reader: ReaderHandle,
    bytes: Uint8Array,
    ends: Uint32Array,
    nulls: Uint8Array,
    timestamps: Float64Array,
    offsets: Float64Array,
    state: Float64Array,
  ): number
  /** Readers that are open give nothing until they are let go. @returns where they stand. */
  holdReaders(clientId: string): readonly TopicPartitionOffset[]
  letReadersGo(clientId: string): void
  /** What the last error of a partition says. */
  readerError(reader: ReaderHandle): string
  closeReader(reader: ReaderHandle): void

  /** @returns undefined when the client is not there. */
  openWriter(clientId: string, topic: string, waker: number): WriterHandle | undefined
  /** Counts rows as taken before they are produced. @returns their epoch. */
  reserve(writer: WriterHandle, rows: number): number
  /**
   * Hands reserved rows over, from row `from` up to `count`.
   * @returns the first row not taken, since the client's queue is full, or `count`; -1: it is gone.
   */
  produce(
    writer: WriterHandle,
    epoch: number,
    partition: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    nulls: Uint8Array,
    timestamps: Float64Array,
    from: number,
    count: number,
  ): number
  /** Bytes of keys and values that the broker has not acknowledged. */
  bytesInFlight(writer: WriterHandle): number
  /** Rows reserved and not produced count as abandoned. */
  closeWriter(writer: WriterHandle): void

  /** Begins the other one of a producer's two epochs. @returns the one that ended. */
  turnEpoch(clientId: string): number
  /** Rows of an epoch that are neither acknowledged nor failed. */
  rowsInFlight(clientId: string, epoch: number): number
  /** The first row that could not be delivered. */
  deliveryFailure(clientId: string): DeliveryFailure | undefined
  /** How many rows could not be delivered so far, by topic. */
  deliveryErrors(clientId: string): Readonly<Record<string, number>>
  /** Rows that were reserved and whose writer closed before it produced them, since the last call. */
  takeAbandoned(clientId: string): number
  /** Forgets the first failure and the abandoned rows: the transaction that they belonged to was undone. */
  forgetFailures(clientId: string): void

  /** Gives the system what memory is free within the process, where its C library can (glibc's malloc_trim). */
  giveMemoryBack(): void
  /** Has the system hold the bytes in huge pages, where it can; to be called before they are touched. */
  useHugePages(bytes: Uint8Array): void
}
