// Topics in memory: batches in order, read as they were appended. What a transaction has not committed is
// forgotten by `rollback`. The data port and the broker in memory stand on it.
import {
  BrokerError,
  type PartitionReader,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../ports.ts'
import { setBaseOffset, unpack } from '../packed-batch.ts'
import type { RecordBatch } from '../record-batch.ts'
import { MemoryState } from '../memory-state.ts'

/** The log of one partition. */
interface Partition {
  readonly batches: RecordBatch[]
  /** When each batch was appended, counted over all partitions. */
  readonly arrivals: number[]
  /** The next offset to be written. */
  end: number
  /** What of it is committed. */
  committedBatches: number
  committedEnd: number
}

/** A batch together with where it lies. */
export interface PlacedBatch extends TopicPartition {
  readonly batch: RecordBatch
}

/** All topics of a broker in memory, and what tasks save beside them. */
export class MemoryLog {
  readonly state = new MemoryState()
  readonly #topics = new Map<string, Partition[]>()
  #arrivals = 0

  /** Names and partitions of all topics. */
  get topics(): { name: string; partitions: number }[] {
    return [...this.#topics].map(([name, { length }]) => ({ name, partitions: length }))
  }

  /** Makes a topic. @throws BrokerError MILLRACE_TOPIC_MISMATCH when it has other partitions. */
  ensure(name: string, partitions: number): void {
    const known = this.#topics.get(name)
    if (known === undefined) {
      const made = (): Partition => ({
        batches: [],
        arrivals: [],
        end: 0,
        committedBatches: 0,
        committedEnd: 0,
      })
      this.#topics.set(name, Array.from({ length: partitions }, made))
    } else if (known.length !== partitions) {
      throw new BrokerError(
        'MILLRACE_TOPIC_MISMATCH',
        `topic ${name} has ${known.length} partitions and ${partitions} are wanted: name another topic`,
      )
    }
  }

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  /** The next offset to be written. @throws BrokerError MILLRACE_TOPIC_MISSING */
  end(of: TopicPartition): number {
    return this.#partition(of).end
  }

  /** When the batch that has this offset, or lies behind it, was appended: a number that rises; Infinity for none. */
  arrivalOf({ topic, partition, offset }: TopicPartitionOffset): number {
    const { batches, arrivals } = this.#partition({ topic, partition })
    for (let i = batches.length - 1; i >= 0; i--) {
      const first = batches[i]!.offsets[0] ?? 0
      if (first + batches[i]!.count <= offset) return arrivals[i + 1] ?? Infinity
    }
    return arrivals[0] ?? Infinity
  }

  /** Appends packed rows, which are the log's from then on. @throws BrokerError MILLRACE_TOPIC_MISSING */
  append(to: TopicPartition, packed: ArrayBuffer): void {
    const partition = this.#partition(to)
    setBaseOffset(packed, partition.end)
    const batch = unpack(packed)
    partition.batches.push(batch)
    partition.arrivals.push(this.#arrivals++)
    partition.end += batch.count
  }

  /** All that was appended stays. */
  commit(): void {
    this.#forEach((partition) => {
      partition.committedBatches = partition.batches.length
      partition.committedEnd = partition.end
    })
  }

  /** Forgets what was appended since the last commit, to topics for which `isKept` is false. */
  rollback(isKept: (topic: string) => boolean): void {
    this.#forEach((partition, topic) => {
      if (isKept(topic)) return
      partition.batches.length = partition.committedBatches
      partition.arrivals.length = partition.committedBatches
      partition.end = partition.committedEnd
    })
  }

  /** Reads on from an offset. @throws BrokerError MILLRACE_TOPIC_MISSING */
  reader(of: TopicPartition, offset: number): PartitionReader {
    const partition = this.#partition(of)
    const { batches } = partition
    let next = 0
    let position = offset
    return {
      ...of,
      poll() {
        while (next < batches.length) {
          const batch = batches[next++]!
          const from = batch.offsets[0] ?? 0
          if (from + batch.count <= position) continue
          const rest = from < position ? withoutFirst(batch, position - from) : batch
          position = from + batch.count
          return rest
        }
        return undefined
      },
      get position() {
        return position
      },
      get end() {
        return partition.end
      },
      close: () => undefined,
    }
  }

  #forEach(visit: (partition: Partition, topic: string) => void): void {
    for (const [topic, partitions] of this.#topics) {
      for (const partition of partitions) visit(partition, topic)
    }
  }

  #partition({ topic, partition }: TopicPartition): Partition {
    const found = this.#topics.get(topic)?.[partition]
    if (found !== undefined) return found
    throw new BrokerError(
      'MILLRACE_TOPIC_MISSING',
      `topic ${topic} has no partition ${partition}: create it before it is written or read`,
    )
  }
}

/** The rows of a batch from `row` on; row 0 of the result begins where the one before ended. */
export function withoutFirst(batch: RecordBatch, row: number): RecordBatch {
  const from = batch.ends[row * 3 - 1] ?? 0
  return {
    count: batch.count - row,
    bytes: batch.bytes.subarray(from),
    ends: batch.ends.slice(row * 3).map((end) => end - from),
    nulls: batch.nulls.subarray(row),
    timestamps: batch.timestamps.subarray(row),
    offsets: batch.offsets.subarray(row),
  }
}
