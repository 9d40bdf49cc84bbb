// The data port of a worker with the addon: it polls its partitions and produces by itself. The channel
// only says when a partition may be read. Runs in workers, so nothing here may import the Kafka client.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { loadAddon } from '../native/addon.ts'
import type { KafkaAddon } from '../native/kafka-addon.ts'
import { BrokerError } from '../ports.ts'
import type {
  ChannelSpec,
  DataPort,
  PartitionReader,
  TopicPartition,
  TopicPartitionOffset,
} from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import type { LimitsOfTopics } from '../topic-limits.ts'
import type { StateEnvironment } from '../state-environment.ts'
import type { ToMain, ToPort } from './messages.ts'
import { NativeOutput } from './native-output.ts'
import { NativeReader } from './native-reader.ts'
import { PollRooms } from './poll-rooms.ts'
import { taskStatesOf, type TaskStates } from './state-directories.ts'

/** How a worker reaches Kafka with the addon. */
export type NativeChannelSpec = Extract<ChannelSpec, { kind: 'kafka-native' }>

/**
 * Opens the worker's side of a channel that `Group.openChannel` gave.
 * @throws BrokerError MILLRACE_BROKER when the addon that the main thread has cannot be loaded here.
 */
export function openNativeDataPort(spec: NativeChannelSpec): DataPort {
  const loaded = loadAddon()
  if (loaded.addon === undefined) {
    const message = `the addon could not be loaded in a worker: ${loaded.reason}`
    throw new BrokerError('MILLRACE_BROKER', message)
  }
  return new NativeDataPort(spec, loaded.addon)
}

class NativeDataPort implements DataPort {
  readonly transactional = false
  readonly recordBytesMax: number
  readonly limits: LimitsOfTopics
  readonly #port: MessagePort
  readonly #addon: KafkaAddon
  readonly #waker: number
  readonly #states: TaskStates
  readonly #output: NativeOutput
  readonly #readers = new Map<number, NativeReader>()
  readonly #rooms = new PollRooms()
  #lastReader = 0

  constructor(spec: NativeChannelSpec, addon: KafkaAddon) {
    this.#port = spec.port
    this.recordBytesMax = spec.recordBytesMax
    this.limits = spec.limits
    this.#addon = addon
    this.#waker = spec.waker
    this.#states = taskStatesOf(spec)
    this.#output = new NativeOutput(addon, spec.producer, spec.waker)
  }

  openReader(from: TopicPartitionOffset): PartitionReader {
    this.#lastReader += 1
    const id = this.#lastReader
    const reader = new NativeReader(from, this.#addon, {
      receive: () => this.#receive(),
      rooms: this.#rooms,
      failed: (code, message) => this.#post({ kind: 'failed', code, message }),
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

  produce(target: TopicPartition, rows: RecordBatchBuilder): void {
    this.#output.produce(target, rows)
  }

  get pendingBytes(): number {
    return this.#output.pendingBytes
  }

  openState(taskId: string): StateEnvironment {
    return this.#states.open(taskId)
  }

  closeState(taskId: string): void {
    this.#states.close(taskId)
  }

  /** What was produced is counted already; `Group.commit` waits for it. */
  commit(): void {
    this.#output.flush()
  }

  discard(): void {
    this.#output.close()
  }

  close(): void {
    this.#states.closeAll()
    for (const reader of [...this.#readers.values()]) reader.close()
    this.#output.close()
    this.#port.close()
  }

  #post(message: ToMain): void {
    this.#port.postMessage(message)
  }

  #receive(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: ToPort } | undefined
      if (received === undefined) return
      const { message } = received
      if (message.kind !== 'opened') continue
      this.#readers.get(message.reader)?.opened(message.client, this.#waker)
    }
  }
}
