// The data side of a simulated thread: reads from the broker's logs with stalls, writes over the link of its
// process, and keeps the state of tasks in tables that outlive the process.
import type {
  DataPort,
  PartitionReader,
  TopicPartition,
  TopicPartitionOffset,
} from '../../broker/ports.ts'
import type { MemoryState } from '../../broker/memory-state.ts'
import type { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import type { StateEnvironment } from '../../broker/state-environment.ts'
import type { Link } from './link.ts'
import type { Outbox, ProducerEpoch } from './outbox.ts'

export interface DataPortParts {
  readonly link: Link
  readonly outbox: Outbox
  /** That of the transaction under way, where there is one. */
  readonly producer: () => ProducerEpoch | undefined
  readonly state: MemoryState
  /** Asked at each write to the disk and to the broker: may end the thread, or the process, by throwing. */
  readonly strike: () => void
}

const STALLS = 0.15
const STALL_MS_MAX = 120

/** The port of one thread. */
export class SimulatedDataPort implements DataPort {
  readonly transactional = false
  pendingBytes = 0
  readonly #parts: DataPortParts
  #isClosed = false

  constructor(parts: DataPortParts) {
    this.#parts = parts
  }

  openReader(from: TopicPartitionOffset): PartitionReader {
    const { link } = this.#parts
    const { scheduler, server } = link
    let stalledUntilMs = 0
    return server.partitions.reader(from, () => {
      if (scheduler.nowMs < Math.max(stalledUntilMs, link.downUntilMs)) return false
      if (server.life.asleepUntilMs > scheduler.nowMs) return false
      if (!scheduler.chance(STALLS)) return true
      stalledUntilMs = scheduler.nowMs + scheduler.random.below(STALL_MS_MAX)
      return false
    })
  }

  produce(target: TopicPartition, rows: RecordBatchBuilder): void {
    if (rows.count === 0) return
    const { outbox, producer, strike } = this.#parts
    strike()
    const packed = rows.pack()
    if (this.#isClosed) return
    const bytes = packed.byteLength
    this.pendingBytes += bytes
    outbox.send(target, packed, producer(), () => (this.pendingBytes -= bytes))
  }

  openState(taskId: string): StateEnvironment {
    const { state, strike } = this.#parts
    const own = state.environment(`${taskId}/`)
    return {
      ...own,
      transaction: (work) => {
        strike()
        const result = own.transaction(work)
        strike()
        return result
      },
    }
  }

  closeState(): void {
    // The tables belong to the directory.
  }

  commit(): void {
    // What was produced is on its way already.
  }

  close(): void {
    this.#isClosed = true
  }
}
