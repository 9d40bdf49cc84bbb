// What the partitions of a consumer are to the group, whichever way their rows take to the workers.
import type { TopicPartition, TopicPartitionOffset } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import type { ToPort } from './messages.ts'

/** Where the rows of a partition go: the reader of a channel. */
export interface Outlet {
  readonly reader: number
  post(message: ToPort, transfer?: ArrayBuffer[]): void
}

/** An open reader of a worker, as the main thread has it. */
export interface ReaderHandle {
  took(bytes: number): void
  close(): void
}

/** The partitions of one consumer, on their way to the workers that read them. */
export interface PartitionIntake {
  readonly isEmpty: boolean
  has(of: TopicPartition): boolean
  /** Adds a partition that the consumer does not read yet. */
  add(of: TopicPartition): void
  /** Gives the rows of a partition that it has to a reader, from an offset on. */
  open(outlet: Outlet, from: TopicPartitionOffset): ReaderHandle
  /** Begins to read at offsets; `change` gives the partitions to the consumer, between two calls. */
  start(positions: readonly TopicPartitionOffset[], change: () => void): Promise<void>
  /** Forgets partitions; `change` takes them from the consumer, between two calls. */
  remove(partitions: readonly TopicPartition[], change: () => void): Promise<void>
  /** Stops reading everything; the consumer goes on serving its callbacks. */
  pauseAll(): Promise<void>
  stop(): Promise<void>
}

/** What the workers produce, as the commit sees it. */
export interface Outbox {
  /** Rows that were taken and not acknowledged; without those that the client has, where only it knows them. */
  readonly queuedRows: number
  /** Whether those that the client has are in `queuedRows`. */
  readonly knowsClients: boolean
  /** Rows that could not be delivered, by topic. */
  readonly errors: Readonly<Record<string, number>>
  /**
   * Resolves when every row produced before the call is acknowledged.
   * @throws BrokerError MILLRACE_PRODUCE_FAILED
   */
  flush(): Promise<void>
  /** Resolves when nothing is under way and what failed or was given up is forgotten, after the transaction that it belonged to was undone. */
  reset(): Promise<void>
  /** Gives up what is left. */
  close(): void
}

/** Where the main thread writes to. */
export interface RowSender extends Outbox {
  /** Takes the rows, and clears the builder; resolves when there is room for more. */
  send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void>
}
