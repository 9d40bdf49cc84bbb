// The ports between Millrace and what carries its records. The control side lives on the main thread,
// a DataPort in each worker; `kafka.ts` and `embedded/` implement both, and nothing else knows which.
import type { MessagePort } from 'node:worker_threads'
import type { BrokerRoundTrip, DataPathInfo, ProducerFigures } from './client-figures.ts'
import type { GroupAdmin } from './group-admin.ts'
import type { RecordBatch } from './record-batch.ts'
import type { RecordBatchBuilder } from './record-batch-builder.ts'
import type { StateEnvironment } from './state-environment.ts'
import type { LimitsOfTopics } from './topic-limits.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** `topic/partition`: how messages name a partition, and maps tell partitions apart. */
export const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** A place in a partition; `offset` is the next one to read. */
export interface TopicPartitionOffset extends TopicPartition {
  readonly offset: number
}

/** Where a task stands in a partition that it reads. */
export interface TaskPosition extends TopicPartitionOffset {
  /**
   * The highest event time of the records before it, epoch ms; left out where there is none, or nothing tells
   * (Kafka Streams' partition time).
   */
  readonly partitionTimeMs?: number
  /** From where the changelogs of the task need be read, by store; left out where nothing tells. */
  readonly restorePoints?: RestorePoints
}

/** From where a changelog has a store whole: what comes before is not needed any more. */
export interface RestorePoint {
  /** At or before the first entry that is needed. */
  readonly offset: number
  /** Of the entry with which all of the store has come. */
  readonly number: number
}

/** Restore points by store. */
export type RestorePoints = Readonly<Record<string, RestorePoint>>

/** A topic that must exist. */
export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** The topic's settings by Kafka's names: `retention.ms`, `retention.bytes`, `cleanup.policy`, … */
  readonly config?: Readonly<Record<string, string>>
  /**
   * One application writes and reads it: what it has committed as read may be deleted. Kafka Streams
   * does so by DeleteRecords; where the client cannot, `config` must hold a retention.
   */
  readonly isInternal?: boolean
}

export interface TopicDescription {
  readonly name: string
  readonly partitions: number
}

/** First offset kept and next offset to be written of a partition. */
export interface Watermarks {
  readonly start: number
  readonly end: number
}

/** What kind of failure a broker reports. */
export type BrokerErrorCode =
  | 'MILLRACE_BROKER_UNREACHABLE'
  | 'MILLRACE_BROKER_CLIENT_MISSING'
  | 'MILLRACE_TOPIC_MISSING'
  | 'MILLRACE_TOPIC_MISMATCH'
  | 'MILLRACE_PRODUCE_FAILED'
  | 'MILLRACE_COMMIT_FAILED'
  | 'MILLRACE_TRANSACTION_ABORTED'
  | 'MILLRACE_FENCED'
  | 'MILLRACE_GROUP_ACTIVE'
  | 'MILLRACE_LOG_CORRUPT'
  | 'MILLRACE_LOG_VERSION'
  | 'MILLRACE_LOG_LOCKED'
  | 'MILLRACE_DISK_FULL'
  | 'MILLRACE_BROKER'

/** A broker could not do what was asked. The message says where and what to do. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly code: BrokerErrorCode
  /** Whether the same call may succeed later. */
  readonly retriable: boolean

  /** Says what failed, and whether it is worth trying again. */
  constructor(
    code: BrokerErrorCode,
    message: string,
    options: { cause?: unknown; retriable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
  }
}

/** A connection to a broker, on the main thread. */
export interface Broker {
  readonly kind: 'embedded' | 'kafka'
  /** What a person would call it: `embedded:.data/log` or `127.0.0.1:9092`. */
  readonly address: string
  /** The servers that it consists of; itself where it needs none. */
  brokers(): Promise<string[]>
  topics(): Promise<TopicDescription[]>
  /**
   * Creates what is missing and verifies what is there.
   * @throws BrokerError MILLRACE_TOPIC_MISMATCH when a topic has another number of partitions.
   */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>
  /**
   * With `pending` the ends lie behind what open transactions have written, and behind what is committed
   * and about to become visible; else they are as far as a reader gets now.
   * @throws BrokerError MILLRACE_TOPIC_MISSING
   */
  watermarks(
    partitions: readonly TopicPartition[],
    options?: { readonly pending?: boolean },
  ): Promise<Watermarks[]>
  openProducer(): Promise<Producer>
  /**
   * A producer whose rows become visible with each commit, all or none. What another process left open under
   * the same id is undone, and its later commits are refused.
   * @throws BrokerError MILLRACE_LOG_LOCKED where such a process lives and cannot be refused later.
   */
  openTransactionalProducer(id: string): Promise<TransactionalProducer>
  /** For those who must answer where each record lies. */
  openPoster(): Promise<Poster>
  /** A reader outside any group; `tail` uses it. */
  openReader(from: TopicPartitionOffset): Promise<StandaloneReader>
  /** Membership of one instance of an application. At most one at a time per Broker. */
  openGroup(options: GroupOptions): Promise<Group>
  /** What an application has here, for tools; it must not be a member of this Broker. */
  openGroupAdmin(applicationId: string): Promise<GroupAdmin>
  close(): Promise<void>
}

/** Writes records from the main thread; every row's delivery is accounted for. */
export interface Producer {
  /** Takes the rows (the builder is cleared); resolves when there is room for more. */
  send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void>
  /** Rows that the broker has acknowledged so far. */
  readonly delivered: number
  /**
   * Resolves when all rows sent before are delivered.
   * @throws BrokerError MILLRACE_PRODUCE_FAILED when one of them could not be.
   */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Writes records from the main thread, in transactions of which one is always open. */
export interface TransactionalProducer {
  /** Takes the rows (the builder is cleared); resolves when there is room for more. */
  send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void>
  /**
   * Makes all rows since the last commit durable and visible, together.
   * @throws BrokerError MILLRACE_TRANSACTION_ABORTED: `abort` must be called then; MILLRACE_FENCED or
   * MILLRACE_LOG_LOCKED when another process has taken the id over; MILLRACE_DISK_FULL; MILLRACE_PRODUCE_FAILED.
   */
  commit(): Promise<void>
  /** Undoes what was sent since the last commit. @throws BrokerError as `commit` does */
  abort(): Promise<void>
  /** Undoes what is not committed. */
  close(): Promise<void>
}

/** Writes records from the main thread, and tells of each where it lies. */
export interface Poster {
  /**
   * Writes rows to a partition; the builder is cleared. Resolves when all are durable, or never will be:
   * with the offset of each, or why it could not be written.
   * @throws BrokerError MILLRACE_TOPIC_MISSING, MILLRACE_DISK_FULL when none was written.
   */
  post(target: TopicPartition, rows: RecordBatchBuilder): Promise<readonly Posted[]>
  close(): Promise<void>
}

/** The offset of a posted record, or why there is none. */
export type Posted = number | BrokerError

/** Reads one partition from the main thread. */
export interface StandaloneReader {
  /** The next rows, or undefined when none came within `timeoutMs`. */
  read(timeoutMs: number): Promise<RecordBatch | undefined>
  /** The offset after what `read` gave, and after the control records of transactions at the end. */
  readonly position: number
  close(): Promise<void>
}

export interface GroupOptions {
  readonly applicationId: string
  /** Where tasks keep their state when the broker itself is no home for it. */
  readonly stateDir: string
  /** At least once unless said; a log that is transactional by itself is exactly once in any case. */
  readonly guarantee?: ProcessingGuarantee
  /**
   * Names this instance for as long as its state directory lives: who comes back under the same name
   * ends what it left open. One is made up where it is not given.
   */
  readonly instanceId?: string
  /** Whether a partition of one topic must come to a member with those of the same number of all others. */
  readonly isCoPartitioned?: boolean
  /**
   * Where to begin in a partition without a commit: undefined for its start, which it is everywhere where
   * this is left out. What it throws ends the membership.
   */
  readonly startAt?: ((of: TopicPartition) => Promise<number | undefined>) | undefined
  /** Where other instances reach this one's server, `host:port`: told to the group. */
  readonly applicationServer?: string | undefined
  /** Where tasks keep their state; on the disk where it is left out. */
  readonly stateStore?: StateStoreKind | undefined
  /** There where tasks keep their state in directories together. */
  readonly sharedStates?: SharedStatesSpec | undefined
  /** How much is fetched ahead of what is processed. */
  readonly fetching?: FetchBudget | undefined
  /** What is written to: of these the limits are asked for, where that can be. */
  readonly outputs?: readonly string[] | undefined
  /**
   * Those of the outputs that are the application's own, as they must be. Where the broker tells how they are
   * set, one of which records would be deleted that are still needed is refused.
   */
  readonly internals?: readonly TopicSpec[] | undefined
}

/** Where the state of tasks lies beside their memory: in LMDB files, or nowhere. */
export type StateStoreKind = 'lmdb' | 'memory'

/** Directories that many tasks keep their state in together, as workers are told of them. */
export interface SharedStatesSpec {
  /** The names of those that were damaged, and made anew. */
  readonly damaged: readonly string[]
}

/** What may be fetched and not processed. */
export interface FetchBudget {
  /** Of all partitions together, about. */
  readonly bytes: number
  /** How many partitions the application reads. */
  readonly partitions: number
}

/** What a crash may do to results: repeat some, or nothing at all (Kafka's processing.guarantee). */
export type ProcessingGuarantee = 'at_least_once' | 'exactly_once_v2'

/** What the runtime must do when the assignment changes. */
export interface AssignmentListener {
  /** Opens the partitions in their workers; answers from which offsets to read. Reading starts after. */
  onAssigned(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>
  /** Seals, commits and closes what is taken away in good order. */
  onRevoked(partitions: readonly TopicPartition[]): Promise<void>
  /** Closes what was taken away by force: nothing of it may be committed. */
  onLost(partitions: readonly TopicPartition[]): Promise<void>
  /** The broker can no longer serve this member; the application must stop. */
  onFailed(error: BrokerError): void
}

/** A member of a group, and what it reads. */
export interface MemberPartitions {
  /** That of its state directory, where it has one: it stays when the member comes back. */
  readonly name: string
  readonly isSelf: boolean
  readonly partitions: readonly TopicPartition[]
}

export interface Group {
  /** Left out where there is only one. */
  readonly dataPath?: DataPathInfo
  /**
   * Where the other members' servers are, of those that have told; asked of the broker, a second at most.
   * Left out where nobody can know.
   */
  readonly peers?: (() => readonly string[]) | undefined
  /**
   * Who is in the group and what each reads; undefined while that is changing. Asked of the broker, a
   * second at most: the caller's thread stands still meanwhile. Left out where nobody can know.
   */
  readonly members?: (() => readonly MemberPartitions[] | undefined) | undefined
  /**
   * How often the members have shared partitions out, as this one knows it: who is out of the group without
   * knowing it is behind. Left out where nobody can know.
   */
  readonly generation?: (() => number) | undefined
  /** How long the brokers took to answer lately; empty until they told of it. */
  readonly roundTrips?: readonly BrokerRoundTrip[]
  /** Left out where nothing is sent to a broker. */
  readonly producerFigures?: ProducerFigures | undefined
  /** Resolves when the subscription is made; partitions come through the listener. */
  join(topics: readonly string[], listener: AssignmentListener): Promise<void>
  /** What was committed last, or the partition's start where nothing was. */
  committed(partitions: readonly TopicPartition[]): Promise<TaskPosition[]>
  /**
   * The data side for one worker, to be given to `openDataPort` there. A later call with the same
   * number replaces the channel: what comes from the old one is ignored. `wake` is called when there is
   * something for the worker, which may be waiting.
   */
  openChannel(worker: number, wake?: () => void): ChannelSpec
  /**
   * Makes progress durable: all rows produced through the channels before have been acknowledged. Without
   * `hasProduced` nothing was produced, or changed, since the last commit.
   * @throws BrokerError MILLRACE_PRODUCE_FAILED, MILLRACE_COMMIT_FAILED; where there is `abort` also
   * MILLRACE_TRANSACTION_ABORTED: it must be called then, and MILLRACE_FENCED: this instance is over.
   */
  commit(positions: readonly TaskPosition[], hasProduced?: boolean): Promise<void>
  /**
   * There where they are not one transaction with what follows: resolves when all rows produced through the
   * channels before have been acknowledged. @throws BrokerError MILLRACE_PRODUCE_FAILED
   */
  acknowledged?(): Promise<void>
  /**
   * There where outputs and offsets are one transaction for all workers: undoes what was produced since
   * the last commit. The workers must have given up their tasks and discarded what they held: what they
   * produce after this belongs to the next transaction, and begins at what was committed.
   */
  readonly abort?: (() => Promise<void>) | undefined
  /** Leaves the group at once, so that others take over. */
  leave(): Promise<void>
  /** After `leave`: what to say of a transaction that is left open behind it. */
  readonly leftOpen?: string | undefined
}

/** How a worker reaches its records: cloneable, but for `port`, which is transferred. */
export type ChannelSpec =
  | { readonly kind: 'embedded'; readonly directory: string; readonly applicationId: string }
  | {
      readonly kind: 'kafka-plain'
      readonly applicationId: string
      readonly stateDir: string
      readonly stateStore?: StateStoreKind | undefined
      readonly sharedStates?: SharedStatesSpec | undefined
      /** Bytes that the client takes as one record. */
      readonly recordBytesMax: number
      readonly port: MessagePort
    }
  | {
      readonly kind: 'kafka-native'
      readonly applicationId: string
      readonly stateDir: string
      readonly stateStore?: StateStoreKind | undefined
      readonly sharedStates?: SharedStatesSpec | undefined
      /** Bytes that the client takes as one record. */
      readonly recordBytesMax: number
      /** What the topics take, as far as that is known. */
      readonly limits: LimitsOfTopics
      readonly port: MessagePort
      /** The `client.id` of the producer that the worker writes with. */
      readonly producer: string
      /** What tells the main thread that there is something for the worker. */
      readonly waker: number
    }

/** Records in and out of one worker. All calls are synchronous; waiting is the caller's business. */
export interface DataPort {
  /** Reads a partition from an offset on. A partition has one reader at a time in a worker. */
  openReader(from: TopicPartitionOffset): PartitionReader
  /** Takes the rows (the builder is cleared) for a partition, in the order of the calls. */
  produce(target: TopicPartition, rows: RecordBatchBuilder): void
  /** How large a record may be, key, value and headers together; left out where there is no limit. */
  readonly recordBytesMax?: number
  /** What each topic takes beside that, as far as it is known. */
  readonly limits?: LimitsOfTopics
  /** Bytes taken by `produce` that are not yet the broker's; callers stop taking input above a limit. */
  readonly pendingBytes: number
  /** The environment in which a task keeps its state; closed with the port. */
  openState(taskId: string): StateEnvironment
  closeState(taskId: string): void
  /**
   * True: what was produced and what `write` does to any task's state become durable in one
   * transaction when `commit` is called. False: `commit` only hands over what was produced, the
   * group commits on the main thread, and the state is written after that.
   */
  readonly transactional: boolean
  /**
   * A head start for `commit` where the port is transactional: what was produced is on its way to the
   * disk, and `done` is called when it is there. What is produced meanwhile waits for the commit after.
   */
  flush?(done: () => void): void
  /** See `transactional`; `write` is called inside the transaction, or not at all. */
  commit(write: () => void): void
  /** Gives up what was produced and is not yet the broker's: its transaction is being undone. */
  discard?(): void
  close(): void
}

/** Reads one partition in a worker. */
export interface PartitionReader extends TopicPartition {
  /** The next rows in offset order, or undefined when none are at hand. Valid until the next call. */
  poll(): RecordBatch | undefined
  /** The offset after the last row that `poll` gave. */
  readonly position: number
  /** The end of the partition as last heard of, Infinity before that: behind while position < end. */
  readonly end: number
  close(): void
}
