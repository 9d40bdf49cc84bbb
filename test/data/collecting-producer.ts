// A producer that keeps what it is given, for tests of what produces.
import { BrokerError } from '../../broker/ports.ts'
import type { Producer, TopicPartition } from '../../broker/ports.ts'
import { unpack } from '../../broker/packed-batch.ts'
import { keyOf, valueOf } from '../../broker/record-batch.ts'
import type { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'

/** A record as it was sent. */
export interface SentRecord {
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly value: string
  readonly timestampMs: number
}

/** Keeps records in the order of sending; what is sent is delivered only by `flush`. */
export class CollectingProducer implements Producer {
  readonly sent: SentRecord[] = []
  /** Called at each `send` with the records sent so far. */
  onSend: (records: number) => void = () => undefined
  /** From this many records on sending fails. */
  failsAt = Infinity
  delivered = 0
  flushes = 0

  send({ topic, partition }: TopicPartition, rows: RecordBatchBuilder): Promise<void> {
    const batch = unpack(rows.pack())
    for (let row = 0; row < batch.count; row++) {
      this.sent.push({
        topic,
        partition,
        key: Buffer.from(keyOf(batch, row) ?? []).toString(),
        value: Buffer.from(valueOf(batch, row) ?? []).toString(),
        timestampMs: batch.timestamps[row] ?? NaN,
      })
    }
    this.onSend(this.sent.length)
    if (this.sent.length < this.failsAt) return Promise.resolve()
    return Promise.reject(new BrokerError('MILLRACE_PRODUCE_FAILED', 'the disk is full'))
  }

  flush(): Promise<void> {
    this.flushes += 1
    this.delivered = this.sent.length
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
