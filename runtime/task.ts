// A task: one sub-topology on one partition. It polls its input, runs it through its processors, and
// says at a commit where it stands and what changed in its stores. Single-threaded, owned by a worker.
import type { DataPort, PartitionReader, TopicPartitionOffset } from '../broker/ports.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import { buildTask, type TaskProcessors } from '../processors/build.ts'
import type { FrameInput } from '../processors/frame-input.ts'
import type { DropReason, TaskContext, TaskStore } from '../processors/processor.ts'
import type { SourceInput } from '../processors/source-input.ts'
import type { CheckpointUpdate } from '../state/checkpoint-store.ts'
import { changelogTopic } from '../state/changelog.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { Topology } from '../topology/topology.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { SourceAlignment } from './alignment.ts'
import { changelogWriter } from './changelog-writer.ts'
import type { TaskToOpen } from './messages.ts'
import type { MetricSlab } from './metrics/slab.ts'
import type { Outputs } from './outputs.ts'
import { resolveFormat, writersOf, type Plan, type TaskSpec } from './plan.ts'
import { SourceClock } from './source-clock.ts'
import { TaskCheckpoints } from './task-checkpoints.ts'
import { TaskMetrics } from './task-metrics.ts'

/** What a worker gives each of its tasks. */
export interface TaskSurroundings {
  readonly topology: Topology
  readonly plan: Plan
  /** Value formats by topic, as the configuration picked them. */
  readonly formats: StreamsConfig['topicFormats']
  /** Rows of a source that a task runs per step, at most. */
  readonly rowsMax: number
  readonly port: DataPort
  readonly outputs: Outputs
  readonly metrics: MetricSlab
  readonly alignment: SourceAlignment
  /** Counts a join that found no row. */
  readonly unmatched: (node: string, key: string | number) => void
  /** Told of each record dropped, beside the metrics. */
  readonly dropped?: (node: string, reason: DropReason) => void
  /** What reads rows with declared fields; the one in TypeScript where it is not given. */
  readonly readerOf?: RowReaderFactory | undefined
}

export class Task implements TaskContext {
  readonly spec: TaskSpec
  readonly partition: number
  streamTimeMs = -1
  oldestMs = Infinity
  nowMs = 0
  /** Rows run since the task was opened. */
  processed = 0
  readonly #around: TaskSurroundings
  readonly #metrics: TaskMetrics
  readonly stores: TaskStore[] = []
  readonly #emitters: (() => void)[] = []
  readonly #processors: TaskProcessors
  readonly #checkpoints: TaskCheckpoints
  #reader: PartitionReader | undefined
  #position: number
  #stopAt = Infinity
  readonly #clock: SourceClock
  #changed = true

  /**
   * Builds the processors and restores what the task last committed.
   * @param toOpen where the group would have it start; the checkpoint of its state knows better.
   */
  constructor(
    { spec, offset, inputStart }: Omit<TaskToOpen, 'stopAt' | 'changelogs'>,
    around: TaskSurroundings,
  ) {
    const { topology, plan, formats, port, metrics } = around
    this.spec = spec
    this.partition = spec.partition
    this.#around = around
    this.#metrics = new TaskMetrics(metrics, topology, spec)
    const cuts = topology.subtopologies.flatMap(({ inputs }) => inputs.map(({ name }) => name))
    this.#processors = buildTask(topology.subtopologies[spec.subtopology]!, this, {
      applicationId: plan.applicationId,
      cuts: new Set(cuts),
      writersOf: (group) => writersOf(topology, plan, group),
      resolve: (topic) => resolveFormat(topic, formats),
      readerOf: around.readerOf,
    })
    this.#checkpoints = new TaskCheckpoints(
      port.openState(spec.taskId),
      spec.taskId,
      plan.isLogged ? changelogWriter(port, plan.applicationId, spec.partition) : undefined,
    )
    const restored = this.#restore()
    // Counts belong to the position they were saved with, those of a changelog to the group's. Where
    // nothing is left of them they are made anew from all that the topic still has: too late, but never
    // too small. A task without stores goes by the group: its partition may have been another's since.
    const isStateful = spec.stores.length > 0
    this.#position = !isStateful
      ? offset
      : restored === undefined
        ? inputStart
        : (restored.offset ?? offset)
    this.#clock = new SourceClock(around.alignment)
    if (spec.alignmentSlot >= 0) {
      around.alignment.behind(spec.alignmentSlot, -Infinity)
      around.alignment.reached(spec.alignmentSlot, this.streamTimeMs)
    }
  }

  get taskId(): string {
    return this.spec.taskId
  }

  /** Where the task starts to read. */
  get start(): TopicPartitionOffset {
    return { topic: this.spec.topic, partition: this.partition, offset: this.#position }
  }

  /** Begins to read; `stopAt` is the first offset that is not wanted. */
  open(stopAt: number): void {
    this.#stopAt = stopAt
    this.#reader = this.#around.port.openReader(this.start)
  }

  /** Whether the task has read all that it was to read; one that reads a repartition topic always has. */
  get isDone(): boolean {
    if (this.spec.alignmentSlot < 0) return true
    // The windows behind it close by what it says last, so it must have said it.
    return this.#isAtStop && (this.#processors.writers.length === 0 || this.#clock.isLatestTold)
  }

  /** At its stop, or at an end before that: then only the broker's own control records lie between. */
  get #isAtStop(): boolean {
    const end = this.#stopAt === Infinity ? Infinity : (this.#reader?.end ?? Infinity)
    return this.#position >= Math.min(this.#stopAt, end)
  }

  /** Takes what is at hand, at most one batch, and runs it. @returns the number of rows run. */
  step(nowMs: number): number {
    const reader = this.#reader
    if (reader === undefined) return 0
    this.nowMs = nowMs
    const { frames, source } = this.#processors
    const waiting = this.#around.outputs.waiting
    const rows =
      frames === undefined ? this.#stepSource(reader, source!) : this.#stepFrames(reader, frames)
    if (rows > 0) {
      this.processed += rows
      this.#changed = true
      this.#metrics.processed.add(rows)
      this.#metrics.streamTime.set(this.streamTimeMs / 1_000)
      this.#observeSinks(waiting)
    }
    return rows
  }

  #stepFrames(reader: PartitionReader, frames: FrameInput): number {
    const batch = reader.poll()
    // Marks of transactions may lie behind the last row.
    this.#position = reader.position
    if (batch === undefined) return 0
    this.#metrics.consumed(batch.count, batch.bytes.length)
    this.oldestMs = Math.min(this.oldestMs, batch.timestamps[0] ?? Infinity)
    const rows = frames.run(batch)
    // Frames without rows have event time, too.
    if (this.streamTimeMs >= 0) this.#metrics.streamTime.set(this.streamTimeMs / 1_000)
    this.#changed = true
    return rows
  }

  #stepSource(reader: PartitionReader, source: SourceInput): number {
    const { alignment } = this.#around
    const slot = this.spec.alignmentSlot
    if (source.isEmpty && !this.#isAtStop) {
      const batch = reader.poll()
      if (batch !== undefined) this.#begin(source, batch)
      else this.#position = Math.max(this.#position, Math.min(reader.position, this.#stopAt))
    }
    let rows = 0
    if (!source.isEmpty) {
      // The next row's time is told before the limit is asked for: two partitions that both wait for
      // the other's last row would wait for ever.
      alignment.behind(slot, this.#timeOf(source))
      rows = source.run(alignment.limitFor(slot), this.#around.rowsMax)
      this.#position = source.nextOffset ?? Math.min(reader.position, this.#stopAt)
    }
    const isBehind = !source.isEmpty || (reader.position < reader.end && !this.#isAtStop)
    if (isBehind) alignment.behind(slot, this.#timeOf(source))
    else alignment.idle(slot)
    if (rows > 0) alignment.reached(slot, this.streamTimeMs)
    this.#tell(rows > 0, isBehind)
    return rows
  }

  /** Hands rows over to those behind the repartition topics, and the event time with them. */
  #tell(hasRun: boolean, isBehind: boolean): void {
    const { writers } = this.#processors
    if (writers.length === 0) return
    const clock = this.#clock
    if (hasRun || isBehind) clock.active(this.streamTimeMs)
    else clock.idle(this.nowMs, this.#isAtStop)
    const toAll = clock.isDue(this.nowMs, isBehind || this.#isAtStop)
    if (!hasRun && !toAll) return
    for (const writer of writers) writer.flush(clock.timeMs, toAll)
    this.#changed = true
  }

  #begin(source: SourceInput, batch: RecordBatch): void {
    const [appendedMs] = batch.timestamps
    this.#metrics.consumed(batch.count, batch.bytes.length)
    if (appendedMs !== undefined) {
      this.#metrics.sourceLatency.observe((this.nowMs - appendedMs) / 1_000, batch.count)
      this.oldestMs = appendedMs
    }
    source.begin(batch, this.#stopAt)
  }

  #timeOf(source: SourceInput): number {
    return Math.max(this.streamTimeMs, source.nextTimestampMs ?? -Infinity)
  }

  /** Lets updates out that were held back. */
  emit(nowMs: number): void {
    this.nowMs = nowMs
    const waiting = this.#around.outputs.waiting
    for (const emit of this.#emitters) emit()
    this.#flushEmitted()
    this.#observeSinks(waiting)
    this.oldestMs = Infinity
    if (this.#reader !== undefined) this.#metrics.behind(this.#reader.end - this.#position)
  }

  /** What aggregates have let out into a further repartition topic. */
  #flushEmitted(): void {
    const isSource = this.#processors.source !== undefined
    for (const writer of this.#processors.writers) {
      writer.flush(isSource ? this.#clock.timeMs : this.streamTimeMs, !isSource)
    }
  }

  /** Rows went out since so many were waiting: they are as old as the oldest input behind them. */
  #observeSinks(waitingBefore: number): void {
    const written = this.#around.outputs.waiting - waitingBefore
    if (written > 0 && this.oldestMs !== Infinity) {
      this.#metrics.sinkLatency((this.nowMs - this.oldestMs) / 1_000, written)
    }
  }

  /** What is to be saved of the task now, or undefined when nothing changed since the last time. */
  checkpoint(): CheckpointUpdate | undefined {
    if (!this.#changed) return undefined
    this.#changed = false
    const writers = this.#processors.frames?.writers.save()
    const meta = { streamTimeMs: this.streamTimeMs, ...(writers === undefined ? {} : { writers }) }
    return this.#checkpoints.pack(this.start, meta, this.stores)
  }

  save(update: CheckpointUpdate): void {
    this.#checkpoints.save(update)
  }

  /** Hears where the changelogs of its stores end, when all that it packed is saved. */
  reached(changelogEnds: readonly TopicPartitionOffset[]): void {
    const { applicationId } = this.#around.plan
    const own = changelogEnds.filter(({ partition }) => partition === this.partition)
    const offsets = this.spec.stores.flatMap((store) =>
      own
        .filter(({ topic }) => topic === changelogTopic(applicationId, store))
        .map(({ offset }) => [store, offset] as const),
    )
    if (offsets.length > 0) this.#checkpoints.reached(Object.fromEntries(offsets))
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
    if (this.spec.alignmentSlot >= 0) this.#around.alignment.idle(this.spec.alignmentSlot)
    this.#metrics.clear()
    this.#around.port.closeState(this.taskId)
  }

  drop(node: string, reason: DropReason): void {
    this.#metrics.drop(node, reason)
    this.#around.dropped?.(node, reason)
  }

  output(topic: string) {
    return this.#around.outputs.topic(topic)
  }

  addStore(store: TaskStore): void {
    this.stores.push(store)
  }

  onEmit(emit: () => void): void {
    this.#emitters.push(emit)
  }

  unmatched(node: string, key: string | number): void {
    this.#around.unmatched(node, key)
  }

  /** Takes up what was last saved. @returns where to go on reading by that, if anything was. */
  #restore(): { readonly offset: number | undefined } | undefined {
    const saved = this.#checkpoints.load()
    if (saved === undefined) return undefined
    if (saved.meta !== undefined) {
      this.streamTimeMs = saved.meta.streamTimeMs
      if (saved.meta.writers !== undefined) {
        this.#processors.frames?.writers.restore(saved.meta.writers)
      }
    }
    for (const store of this.stores) {
      for (const entry of saved.stores.get(store.name) ?? []) store.restore(entry)
    }
    return { offset: saved.positions.find(({ topic }) => topic === this.spec.topic)?.offset }
  }
}
