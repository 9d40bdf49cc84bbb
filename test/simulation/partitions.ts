// The partitions of the simulated broker: rows and the markers that end transactions, as Kafka's logs have
// them. What an open transaction has written is there, and read_committed readers stop before it.
import {
  BrokerError,
  placeOf,
  type PartitionReader,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../../broker/ports.ts'
import { withoutFirst } from '../../broker/memory/log.ts'
import { setBaseOffset, unpack } from '../../broker/packed-batch.ts'
import { keyOf, type RecordBatch } from '../../broker/record-batch.ts'

/** Rows that become visible together, or never. */
export interface Transaction {
  state: 'open' | 'committed' | 'aborted'
}

interface Entry {
  readonly base: number
  readonly next: number
  /** Undefined for a marker. */
  readonly batch: RecordBatch | undefined
  readonly transaction: Transaction | undefined
}

interface PartitionLog {
  readonly entries: Entry[]
  end: number
  /** Transactions without a marker, by the offset of their first row. */
  readonly open: Map<Transaction, number>
}

/** All partitions of the broker. */
export class Partitions {
  readonly topics = new Map<string, number>()
  readonly #logs = new Map<string, PartitionLog>()

  /** @throws BrokerError MILLRACE_TOPIC_MISMATCH */
  ensure(topic: string, partitions: number): void {
    const known = this.topics.get(topic)
    if (known !== undefined && known !== partitions) {
      throw new BrokerError('MILLRACE_TOPIC_MISMATCH', `${topic} has ${known} partitions`)
    }
    this.topics.set(topic, partitions)
  }

  append(to: TopicPartition, packed: ArrayBuffer, transaction?: Transaction): void {
    const log = this.#log(to)
    setBaseOffset(packed, log.end)
    const batch = unpack(packed)
    if (transaction !== undefined && !log.open.has(transaction)) log.open.set(transaction, log.end)
    this.#add(log, batch.count, batch, transaction)
  }

  /** Writes the marker that ends a transaction here. */
  mark(to: TopicPartition, transaction: Transaction): void {
    const log = this.#log(to)
    log.open.delete(transaction)
    this.#add(log, 1, undefined, transaction)
  }

  /** The next offset to be written. */
  end(of: TopicPartition): number {
    return this.#log(of).end
  }

  /** The first offset that a read_committed reader does not get yet. */
  stableEnd(of: TopicPartition): number {
    const { open, end } = this.#log(of)
    return Math.min(end, ...open.values())
  }

  /** All rows that are committed, in their order. */
  rowsOf(of: TopicPartition): RecordBatch[] {
    return this.#log(of).entries.flatMap(({ batch, transaction }) =>
      batch === undefined || isHidden(transaction) ? [] : [batch],
    )
  }

  /** Whether a reader at `offset` has committed rows before it. */
  hasRowsFrom(at: TopicPartitionOffset): boolean {
    return this.#log(at).entries.some(
      ({ next, batch, transaction }) =>
        next > at.offset && batch !== undefined && !isHidden(transaction),
    )
  }

  /** As Kafka's cleaner may at any time: what was written of keys that are written again later is gone. */
  compact(of: TopicPartition): void {
    const log = this.#log(of)
    const stableEnd = this.stableEnd(of)
    const later = new Set<string>()
    for (let i = log.entries.length - 1; i >= 0; i--) {
      const entry = log.entries[i]!
      const { base, batch, transaction } = entry
      if (batch === undefined || base >= stableEnd || isHidden(transaction)) continue
      const keys = Array.from(batch.offsets, (_, row) => Buffer.from(keyOf(batch, row)!).toString())
      if (keys.every((key) => later.has(key))) log.entries[i] = { ...entry, batch: undefined }
      for (const key of keys) later.add(key)
    }
  }

  /** Reads on from an offset; `isAtHand` is asked at each poll. */
  reader(from: TopicPartitionOffset, isAtHand: () => boolean): PartitionReader {
    const log = this.#log(from)
    const { topic, partition } = from
    const stableEnd = (): number => this.stableEnd(from)
    let position = from.offset
    let next = 0
    return {
      topic,
      partition,
      poll() {
        if (!isAtHand()) return undefined
        for (;;) {
          const entry = log.entries[next]
          if (entry === undefined || entry.base >= stableEnd()) return undefined
          next += 1
          if (entry.next <= position) continue
          const first = Math.max(0, position - entry.base)
          position = entry.next
          if (entry.batch === undefined || isHidden(entry.transaction)) continue
          return first === 0 ? entry.batch : withoutFirst(entry.batch, first)
        }
      },
      get position() {
        return position
      },
      get end() {
        return stableEnd()
      },
      close: () => undefined,
    }
  }

  #add(
    log: PartitionLog,
    count: number,
    batch: RecordBatch | undefined,
    transaction: Transaction | undefined,
  ): void {
    log.entries.push({ base: log.end, next: log.end + count, batch, transaction })
    log.end += count
  }

  #log(of: TopicPartition): PartitionLog {
    const partitions = this.topics.get(of.topic) ?? 0
    if (of.partition >= partitions) {
      throw new BrokerError('MILLRACE_TOPIC_MISSING', `${placeOf(of)} is not there`)
    }
    let log = this.#logs.get(placeOf(of))
    if (log === undefined) {
      this.#logs.set(placeOf(of), (log = { entries: [], end: 0, open: new Map() }))
    }
    return log
  }
}

const isHidden = (transaction: Transaction | undefined): boolean =>
  transaction !== undefined && transaction.state !== 'committed'
