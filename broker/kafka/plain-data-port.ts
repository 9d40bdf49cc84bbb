// The data port of a worker without the addon: the main thread consumes and produces, packed batches
// cross over the channel. Runs in workers, so nothing here may import the Kafka client.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type {
  ChannelSpec,
  DataPort,
  PartitionReader,
  TopicPartition,
  TopicPartitionOffset,
} from '../ports.ts'
import { unpack } from '../packed-batch.ts'
import type { RecordBatch } from '../record-batch.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import type { StateEnvironment } from '../state-environment.ts'
import type { ToMain, ToPort } from './messages.ts'
import { taskStatesOf, type TaskStates } from './state-directories.ts'

/** How a worker reaches Kafka without the addon. */
export type PlainChannelSpec = Extract<ChannelSpec, { kind: 'kafka-plain' }>

/** Opens the worker's side of a channel that `Group.openChannel` gave. */
export function openPlainDataPort(spec: PlainChannelSpec): DataPort {
  return new PlainDataPort(spec)
}

class PlainDataPort implements DataPort {
  readonly transactional = false
  readonly recordBytesMax: number
  readonly #port: MessagePort
  readonly #states: TaskStates
  readonly #readers = new Map<number, PlainReader>()
  #lastReader = 0
  #pendingBytes = 0

  constructor(spec: PlainChannelSpec) {
    this.#port = spec.port
    this.recordBytesMax = spec.recordBytesMax
    this.#states = taskStatesOf(spec)
  }

  openReader(from: TopicPartitionOffset): PartitionReader {
    this.#lastReader += 1
    const id = this.#lastReader
    const reader = new PlainReader(from, {
      receive: () => this.#receive(),
      took: (bytes) => this.#post({ kind: 'took', reader: id, bytes }),
      closed: () => {
        this.#readers.delete(id)
        this.#post({ kind: 'close', reader: id })
      },
    })
    this.#readers.set(id, reader)
    const { topic, partition, offset } = from
    this.#post({ kind: 'open', reader: id, topic, partition, offset })
    return reader
  }

  produce({ topic, partition }: TopicPartition, rows: RecordBatchBuilder): void {
    if (rows.count === 0) return
    const packed = rows.pack()
    this.#pendingBytes += packed.byteLength
    this.#post({ kind: 'produce', topic, partition, packed }, [packed])
  }

  get pendingBytes(): number {
    this.#receive()
    return this.#pendingBytes
  }

  openState(taskId: string): StateEnvironment {
    return this.#states.open(taskId)
  }

  closeState(taskId: string): void {
    this.#states.close(taskId)
  }

  /** What was produced is on its way already; `Group.commit` waits for it. */
  commit(): void {}

  close(): void {
    this.#states.closeAll()
    this.#readers.clear()
    this.#port.close()
  }

  #post(message: ToMain, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer)
  }

  #receive(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: ToPort } | undefined
      if (received === undefined) return
      const { message } = received
      if (message.kind === 'sent') this.#pendingBytes -= message.bytes
      else if (message.kind !== 'opened') this.#readers.get(message.reader)?.hear(message)
    }
  }
}

interface ReaderLink {
  receive(): void
  took(bytes: number): void
  closed(): void
}

class PlainReader implements PartitionReader {
  readonly topic: string
  readonly partition: number
  position: number
  end = Infinity
  readonly #link: ReaderLink
  readonly #waiting: ArrayBuffer[] = []
  #next = 0

  constructor({ topic, partition, offset }: TopicPartitionOffset, link: ReaderLink) {
    this.topic = topic
    this.partition = partition
    this.position = offset
    this.#link = link
  }

  poll(): RecordBatch | undefined {
    if (this.#next === this.#waiting.length) {
      this.#waiting.length = 0
      this.#next = 0
      this.#link.receive()
    }
    const packed = this.#waiting[this.#next]
    if (packed === undefined) return undefined
    this.#next += 1
    const batch = unpack(packed)
    this.position = (batch.offsets[batch.count - 1] ?? this.position) + 1
    this.#link.took(packed.byteLength)
    return batch
  }

  close(): void {
    this.#waiting.length = 0
    this.#next = 0
    this.#link.closed()
  }

  hear(message: Extract<ToPort, { end: number }>): void {
    this.end = message.end
    if (message.kind === 'rows') this.#waiting.push(message.packed)
    else if (this.#waiting.length === this.#next && this.position < message.start) {
      this.position = message.start
    }
  }
}
