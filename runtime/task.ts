// A task: one sub-topology on one partition. It polls its input, runs it through its processors, and
// says at a commit where it stands and what changed in its stores. Single-threaded, owned by a worker.
import type { RestorePoints, TaskPosition, TopicPartitionOffset } from '../broker/ports.ts'
import { buildTask, type TaskProcessors } from '../processors/build.ts'
import { EventTimeLimits, OperatorTime } from '../processors/operator-time.ts'
import { DropLetters } from '../processors/dead-letters.ts'
import type { CacheCounts, DropReason, TaskContext, TaskStore } from '../processors/processor.ts'
import type { RowPlace } from '../processors/row-place.ts'
import type { TaskState } from '../processors/task-state.ts'
import type { CheckpointUpdate } from '../state/checkpoint-store.ts'
import { changelogTopic } from '../state/changelog.ts'
import type { PunctuationType, Punctuator } from '../topology/process.ts'
import { subtopologyOf } from '../topology/subtopology.ts'
import { changelogWriter } from './changelog-writer.ts'
import { LateChangelog } from './late-changelog.ts'
import { settleLostStores } from './lost-stores.ts'
import type { TaskToOpen } from './messages.ts'
import { futureMsMaxOf, idleTimesOf, type TaskSurroundings } from './task-surroundings.ts'
import { resolveFormat, writersOf, type TaskSpec } from './plan.ts'
import { TaskCheckpoints, type TaskMeta } from './task-checkpoints.ts'
import { holdsBack } from './holds-back.ts'
import { openInputs, restoreTimes } from './open-inputs.ts'
import { TaskInputs, type InputAtHand } from './task-inputs.ts'
import { TaskMetrics } from './task-metrics.ts'
import { TaskSchedules } from './task-schedules.ts'
import { TaskStores } from './task-stores.ts'

export class Task implements TaskContext {
  readonly spec: TaskSpec
  readonly partition: number
  streamTimeMs = -1
  punctuatesAtMs = Infinity
  oldestMs = Infinity
  nowMs = 0
  place: RowPlace | undefined = undefined
  headers: TaskContext['headers'] = undefined
  readonly eventTime = new EventTimeLimits()
  /** Whether it is to run nothing before the group has taken a commit: another may have the task already. */
  isUnsure = false
  /** Rows run since the task was opened. */
  processed = 0
  readonly #around: TaskSurroundings
  readonly #metrics: TaskMetrics
  readonly #dropLetters: DropLetters
  readonly stores: TaskStores
  readonly #emitters: (() => void)[] = []
  readonly #processors: TaskProcessors
  readonly #checkpoints: TaskCheckpoints
  readonly #changelog: LateChangelog | undefined
  readonly #inputs: TaskInputs
  #isSealed = false
  readonly #toOpen: TaskToOpen
  readonly #times = new Map<string, OperatorTime>()
  readonly #schedules: TaskSchedules
  /** Punctuators that were made while threads are watched. */
  #guarded = 0

  /**
   * Builds the processors and restores what the task last committed.
   * @param toOpen where the group would have it start; the checkpoint of its state knows better.
   * @param nowMs the wall clock, from which intervals run.
   */
  constructor(toOpen: TaskToOpen, around: TaskSurroundings, nowMs = 0) {
    const { topology, plan, formats, port, metrics } = around
    const { spec } = toOpen
    this.spec = spec
    this.partition = spec.partition
    this.nowMs = nowMs
    this.#toOpen = toOpen
    this.#around = around
    this.#metrics = new TaskMetrics(metrics, topology, spec)
    this.stores = new TaskStores(this.#metrics, {
      isTimed: around.recordingLevel === 'DEBUG',
      savedBytes: (store) => this.#checkpoints.savedBytes(store),
      memory: around.memory,
    })
    this.#schedules = new TaskSchedules(around.phases)
    this.#dropLetters = new DropLetters(topology.nodes, topology.onDrop, this)
    const idle = idleTimesOf(around)
    this.eventTime.goesOnWhenIdle = idle !== undefined
    this.#processors = buildTask(subtopologyOf(topology, spec.subtopology), this, {
      topology,
      applicationId: plan.applicationId,
      writersOf: (cut) => writersOf(topology, plan, cut),
      resolve: (topic) => resolveFormat(topic, formats),
      globals: around.globals,
      repartitionFormat: around.repartitionFormat,
      readerOf: around.readerOf,
      counted: around.recordingLevel === 'DEBUG' ? this.#metrics.counted : undefined,
      guard: (next, reading) =>
        around.careful?.guard(next, reading, topology.onError, this) ?? next,
      guardReading: (topic, parser) => around.careful?.reader(topic, spec.partition, parser),
      futureMsMax: () => futureMsMaxOf(around.time),
    })
    const { generation } = toOpen
    // Exactly once, all of a commit is one transaction.
    const mayBeLate = generation !== undefined
    this.#changelog = plan.isLogged
      ? new LateChangelog(
          changelogWriter(port, plan.applicationId, spec.partition),
          () => mayBeLate && (idle !== undefined || this.#schedules.isByWallClock),
        )
      : undefined
    const environment = port.openState(spec.taskId)
    this.#checkpoints = new TaskCheckpoints(
      environment,
      spec.taskId,
      this.#changelog?.write,
      around.logSizes,
    )
    const isHolding = holdsBack(subtopologyOf(topology, spec.subtopology))
    const restored = this.#restore()
    this.#checkpoints.taken()
    this.stores.begin()
    this.isUnsure = generation !== undefined && this.#checkpoints.takeOver(spec.stores, generation)
    const { heads } = this.#processors
    this.streamTimeMs = Math.max(this.streamTimeMs, restoreTimes(toOpen, restored, { heads }))
    const inputs = openInputs(toOpen, restored, this.streamTimeMs, { ...around, heads })
    this.#inputs = new TaskInputs(inputs, {
      context: this,
      alignment: around.alignment,
      metrics: this.#metrics,
      writers: this.#processors.writers,
      get rowsMax() {
        return around.rowsMax
      },
      frameRowsMax: around.frameRowsMax ?? Infinity,
      maxTaskIdleMs: () => around.time?.maxTaskIdleMs ?? 0,
      idle,
      holdsBack: () => isHolding || this.#schedules.isUsed,
      rankOf: around.rankOf === undefined ? undefined : ({ start }) => around.rankOf!(start),
    })
  }

  get endsViews(): boolean {
    return this.#around.endsViews === true
  }

  get taskId(): string {
    return this.spec.taskId
  }

  /** The stores that can be queried. */
  get state(): TaskState {
    return this.#processors.state
  }

  /** Where the task stands in its inputs. */
  get starts(): readonly TaskPosition[] {
    const partitionTimeMs = this.streamTimeMs
    return this.#inputs.all.map(({ start, source }) =>
      source !== undefined || partitionTimeMs < 0 ? start : { partitionTimeMs, ...start },
    )
  }

  /** See `TaskCheckpoints.restorePoints`. */
  get restorePoints(): RestorePoints | undefined {
    return this.#checkpoints.restorePoints
  }

  /** Begins to read. */
  open(): void {
    const { port, phases } = this.#around
    this.#inputs.all.forEach((input, i) =>
      input.open(port.openReader(input.start), this.#toOpen.inputs[i]!.stopAt, phases),
    )
  }

  /** Whether the task has read all that it was to read; one that reads repartition topics only always has. */
  get isDone(): boolean {
    return this.#inputs.isDone
  }

  /** Takes what is at hand without running it. @returns the inputs that have something. */
  heads(nowMs: number): InputAtHand[] {
    this.nowMs = nowMs
    return this.#inputs.heads()
  }

  /** Takes what is at hand, at most one batch an input, and runs it. @returns the number of rows run. */
  step(nowMs: number): number {
    if (this.#isSealed || this.isUnsure) return 0
    this.nowMs = nowMs
    const waiting = this.#around.outputs.waiting
    const rows = this.#inputs.run()
    const called = this.#schedules.advance(nowMs)
    if (called > 0) this.#inputs.hasChanged = true
    if (rows > 0) {
      this.processed += rows
      this.#metrics.processed.add(rows)
      this.#metrics.streamTime.set(this.streamTimeMs / 1_000)
      this.#observeSinks(waiting)
    }
    return rows
  }

  /** Runs no more rows: what came after its last commit would belong to the next owner. */
  seal(): void {
    this.#isSealed = true
  }

  /** Comes to a point at which it can be committed. */
  settle(): void {
    this.processed += this.#inputs.settle()
  }

  /** Lets updates out that were held back; `isTold`: metrics are brought up to date, too. */
  emit(nowMs: number, isTold = true): void {
    this.nowMs = nowMs
    const waiting = this.#around.outputs.waiting
    this.#letOut()
    this.#inputs.flushEmitted()
    this.#observeSinks(waiting)
    this.oldestMs = Infinity
    if (!isTold) return
    this.#metrics.waiting(this.#inputs.all)
    this.stores.tell()
  }

  #letOut(): void {
    const emitAll = (): void => this.#emitters.forEach((emit) => emit())
    const { careful } = this.#around
    if (careful === undefined) emitAll()
    else careful.during('emission', this.taskId, emitAll)
  }

  /** Rows went out since so many were waiting: they are as old as the oldest input behind them. */
  #observeSinks(waitingBefore: number): void {
    const written = this.#around.outputs.waiting - waitingBefore
    if (written > 0 && this.oldestMs !== Infinity) {
      this.#metrics.sinkLatency((this.nowMs - this.oldestMs) / 1_000, written)
    }
  }

  /** Rows of its sources that were run since the last call. */
  takeSourceRows(): number {
    return this.#inputs.takeSourceRows()
  }

  /** Running rows took so long since the last call. */
  tookToRun(seconds: number): void {
    this.#metrics.ran(seconds)
  }

  /** What is to be saved of the task now, or undefined when nothing changed since the last time. */
  checkpoint(): CheckpointUpdate | undefined {
    if (!this.#inputs.hasChanged) return undefined
    this.#inputs.hasChanged = false
    const writers = this.#inputs.all.flatMap(({ topic, frames }) =>
      frames === undefined ? [] : [[topic, frames.writers.save()] as const],
    )
    const times = [...this.#times].map(([node, { nowMs }]) => [node, nowMs] as const)
    const meta: TaskMeta = {
      streamTimeMs: this.streamTimeMs,
      ...(writers.length === 0 ? {} : { writers: Object.fromEntries(writers) }),
      ...(times.length === 0 ? {} : { times: Object.fromEntries(times) }),
    }
    const update = this.#checkpoints.pack(this.starts, meta, this.stores.all)
    for (const { name, changedRows } of this.stores.all) this.#metrics.updated(name, changedRows)
    return update
  }

  /** Whether what was packed must be told to its changelogs yet, when all results are acknowledged. */
  get hasUntold(): boolean {
    return this.#changelog?.isWaiting === true
  }

  /** Tells it. */
  tell(): void {
    this.#changelog?.tell()
  }

  /** Saves what was packed by `checkpoint`, oldest first. */
  save(...updates: readonly CheckpointUpdate[]): void {
    this.#checkpoints.save(...updates)
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
    for (const input of this.#inputs.all) {
      input.close()
      if (input.slot >= 0) this.#around.alignment.idle(input.slot)
    }
    for (const writer of this.#processors.writers) writer.close()
    this.#metrics.clear()
    this.stores.close()
    this.#around.port.closeState(this.taskId)
  }

  behind(lateMs: number, rows: number): void {
    this.#metrics.late(lateMs / 1_000, rows)
  }

  drop(node: string, reason: DropReason, wasWritten = false): void {
    this.#metrics.drop(node, reason)
    if (!wasWritten) this.#dropLetters.write(node, reason)
    this.#around.dropped?.(node, reason)
  }

  output(topic: string) {
    return this.#around.outputs.topic(topic)
  }

  addStore(store: TaskStore): void {
    this.stores.add(store)
  }

  cacheOf(store: string): CacheCounts {
    return this.stores.cacheOf(store)
  }

  timeOf(node: string): OperatorTime {
    let time = this.#times.get(node)
    if (time === undefined) this.#times.set(node, (time = new OperatorTime(this.eventTime)))
    return time
  }

  onEmit(emit: () => void): void {
    this.#emitters.push(emit)
  }

  schedule(type: PunctuationType, everyMs: number, punctuate: Punctuator): () => void {
    const cancel = this.#schedules.schedule(type, everyMs, punctuate, this.nowMs)
    this.punctuatesAtMs = this.#schedules.nextStreamMs
    return () => {
      cancel()
      this.punctuatesAtMs = this.#schedules.nextStreamMs
    }
  }

  guardPunctuator(type: PunctuationType, punctuate: Punctuator): Punctuator {
    const { careful } = this.#around
    if (careful === undefined) return punctuate
    this.#guarded += 1
    return careful.punctuator(type, { taskId: this.taskId, number: this.#guarded }, punctuate)
  }

  punctuate(): void {
    this.#schedules.punctuate(this.streamTimeMs)
    this.punctuatesAtMs = this.#schedules.nextStreamMs
  }

  unmatched(node: string, key: string | number): void {
    this.#around.unmatched(node, key)
  }

  /** Takes up what was last saved. @returns where to go on reading by that, if anything was. */
  #restore(): readonly TaskPosition[] | undefined {
    const saved = this.#checkpoints.load()
    if (saved === undefined) return undefined
    const stores = this.stores.all.map(({ name }) => name)
    settleLostStores(
      { taskId: this.taskId, stores, saved: saved.stores.keys() },
      this.#around.plan,
      this.#around.droppedStores ?? [],
      this.#checkpoints,
    )
    const { streamTimeMs = -1, writers = {}, times = {} } = saved.meta ?? {}
    this.streamTimeMs = streamTimeMs
    for (const [topic, head] of this.#processors.heads) {
      const told = writers[topic]
      if (told !== undefined && 'writers' in head) head.restoreWriters(told)
    }
    for (const [node, time] of this.#times) time.restore(times[node] ?? -1)
    for (const store of this.stores.all) {
      const savedBytes = this.#checkpoints.savedBytes(store.name)
      for (const entry of saved.stores.get(store.name) ?? []) store.restore(entry, savedBytes)
    }
    return saved.positions
  }
}
