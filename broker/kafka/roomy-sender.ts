// A sender for the main thread: whoever sends waits while too much is under way.
import type { TopicPartition } from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import type { RowSender } from './reading.ts'
import { Sender } from './sender.ts'

/** Above it whoever sends waits. */
export const QUEUED_BYTES_MAX = 8 * 1024 * 1024

/** A `Sender` that knows how much it holds. */
export class RoomySender extends Sender implements RowSender {
  #queuedBytes = 0
  #room: (() => void)[] = []

  /** Takes the rows; resolves when there is room for more. */
  async send(target: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    const packed = rows.pack()
    const bytes = packed.byteLength
    this.#queuedBytes += bytes
    this.add(target, packed, () => {
      this.#queuedBytes -= bytes
      if (this.#queuedBytes < QUEUED_BYTES_MAX) for (const go of this.#room.splice(0)) go()
    })
    if (this.#queuedBytes >= QUEUED_BYTES_MAX) {
      await new Promise<void>((done) => this.#room.push(done))
    }
  }
}
