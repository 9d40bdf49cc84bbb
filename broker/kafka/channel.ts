// The main thread's end of a worker's channel: readers and produced batches by the worker's messages.
// The group has one for each worker; a replaced channel is closed and what it held is let go.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type { TopicPartition, TopicPartitionOffset } from '../ports.ts'
import type { ToMain, ToPort } from './messages.ts'
import type { Outlet, ReaderHandle } from './reading.ts'

/** What the group does for its channels. */
export interface ChannelOwner {
  openReader(outlet: Outlet, from: TopicPartitionOffset): ReaderHandle
  /** `sent` is to be called when the rows are the broker client's. */
  produce(target: TopicPartition, packed: ArrayBuffer, sent: () => void): void
  /** A partition of the worker's has an error, by the client's code. */
  failed(error: { readonly code: number; readonly message: string }): void
  /** The channel is over. */
  closed(): void
}

/** One worker's channel. */
export class Channel {
  readonly #port: MessagePort
  readonly #owner: ChannelOwner
  readonly #wake: () => void
  readonly #readers = new Map<number, ReaderHandle>()
  #open = true
  #sentBytes = 0

  constructor(port: MessagePort, owner: ChannelOwner, wake: () => void) {
    this.#port = port
    this.#owner = owner
    this.#wake = wake
    port.on('message', (message: ToMain) => this.#hear(message))
    port.on('close', () => this.close())
  }

  /** Takes all that the worker has posted so far, without waiting for the event loop. */
  drain(): void {
    while (this.#open) {
      const received = receiveMessageOnPort(this.#port) as { message: ToMain } | undefined
      if (received === undefined) return
      this.#hear(received.message)
    }
  }

  /** Lets go of the readers; messages of the worker are ignored from now on. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#port.close()
    for (const reader of this.#readers.values()) reader.close()
    this.#readers.clear()
    this.#owner.closed()
  }

  #hear(message: ToMain): void {
    if (!this.#open) return
    if (message.kind === 'produce') {
      const { packed } = message
      const bytes = packed.byteLength
      this.#owner.produce(message, packed, () => this.#sent(bytes))
    } else if (message.kind === 'took') {
      this.#readers.get(message.reader)?.took(message.bytes)
    } else if (message.kind === 'open') {
      const { reader, topic, partition, offset } = message
      const outlet: Outlet = { reader, post: (sent, transfer) => this.#post(sent, transfer) }
      this.#readers.set(reader, this.#owner.openReader(outlet, { topic, partition, offset }))
    } else if (message.kind === 'failed') {
      this.#owner.failed(message)
    } else {
      this.#readers.get(message.reader)?.close()
      this.#readers.delete(message.reader)
    }
  }

  // One message for all that a turn of the event loop has sent: posting costs more than counting.
  #sent(bytes: number): void {
    if (this.#sentBytes === 0) setImmediate(() => this.#tellSent())
    this.#sentBytes += bytes
  }

  #tellSent(): void {
    this.#post({ kind: 'sent', bytes: this.#sentBytes })
    this.#sentBytes = 0
  }

  #post(message: ToPort, transfer: ArrayBuffer[] = []): void {
    if (!this.#open) return
    this.#port.postMessage(message, transfer)
    this.#wake()
  }
}
