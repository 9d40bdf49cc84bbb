// One input of a task: a partition, its reader, and the head that runs its rows. The task decides which
// input is to run, and how far.
import type { PartitionReader, TaskPosition } from '../broker/ports.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import type { FrameInput } from '../processors/frame-input.ts'
import type { SourceInput } from '../processors/source-input.ts'
import type { TaskInputSpec } from './plan.ts'
import type { ThreadPhases } from './thread-phases.ts'

/** Where an input stands, and where it ends. */
export class TaskInput {
  readonly topic: string
  readonly partition: number
  /** Its place among the inputs that are held together in event time, or -1. */
  readonly slot: number
  /** Exactly one of the two is there. */
  readonly source: SourceInput | undefined
  readonly frames: FrameInput | undefined
  readonly head: SourceInput | FrameInput
  /** The next offset to run. */
  position: number
  #reader: PartitionReader | undefined
  #phases: Pick<ThreadPhases, 'part'> | undefined
  #stopAt = Infinity

  constructor(spec: TaskInputSpec, partition: number, head: SourceInput | FrameInput, at: number) {
    this.topic = spec.topic
    this.partition = partition
    this.slot = spec.alignmentSlot
    this.head = head
    this.source = 'writers' in head ? undefined : head
    this.frames = 'writers' in head ? head : undefined
    this.position = at
  }

  /** Where it is to go on, with the time that its partition has come to where it reads a topic itself. */
  get start(): TaskPosition {
    const partitionTimeMs = this.source?.partitionTimeMs ?? -1
    const at = { topic: this.topic, partition: this.partition, offset: this.position }
    // Before what is spread: Node 20 makes a hidden class for each object that gets keys behind it, here and wherever a
    // commit or a row makes one, and that is garbage among what is old.
    return partitionTimeMs < 0 ? at : { partitionTimeMs, ...at }
  }

  /** The first offset that is not wanted. */
  get stopAt(): number {
    return this.#stopAt
  }

  /** @param phases where the time of reading counts. */
  open(reader: PartitionReader, stopAt: number, phases: Pick<ThreadPhases, 'part'>): void {
    this.#reader = reader
    this.#phases = phases
    this.#stopAt = stopAt
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
  }

  /** At its stop, or at an end before that: then only the broker's own control records lie between. */
  get isAtStop(): boolean {
    const end = this.#stopAt === Infinity ? Infinity : (this.#reader?.end ?? Infinity)
    return this.position >= Math.min(this.#stopAt, end)
  }

  /** Whether there are rows that were not run, at hand or not. */
  get isBehind(): boolean {
    if (!this.head.isEmpty) return true
    const reader = this.#reader
    return reader !== undefined && reader.position < reader.end && !this.isAtStop
  }

  /** Records that were not run yet; Infinity before the end was heard of. */
  get lag(): number {
    return this.#reader === undefined ? NaN : this.#reader.end - this.position
  }

  /** The next rows, where all of those before were run. @returns what there is, if anything. */
  poll(): RecordBatch | undefined {
    const reader = this.#reader
    if (reader === undefined || !this.head.isEmpty || this.isAtStop) return undefined
    const startMs = performance.now()
    const batch = reader.poll()
    this.#phases?.part('poll', startMs, batch !== undefined)
    if (batch === undefined) {
      // Marks of transactions may lie behind the last row.
      this.position = Math.max(this.position, Math.min(reader.position, this.#stopAt))
    }
    return batch
  }

  /** To be called when rows were run. */
  moved(): void {
    const next = this.head.nextOffset ?? this.#reader?.position ?? this.position
    this.position = Math.min(next, this.#stopAt)
  }
}
