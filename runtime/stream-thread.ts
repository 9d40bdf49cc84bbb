// The loop of one worker: it owns tasks, polls their partitions, runs them, and takes part in commits.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DataPort, TopicPartitionOffset } from '../broker/ports.ts'
import { joined } from '../processors/event-times.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { Topology } from '../topology/topology.ts'
import { SourceAlignment } from './alignment.ts'
import { CarefulRows } from './crashing-rows.ts'
import { GlobalReading } from './global-reading.ts'
import { requestsOn, type NumberedRequest, type TaskToOpen } from './messages.ts'
import type { ThreadAnswer, ThreadConfig, ThreadSpec } from './messages.ts'
import { MetricSlab } from './metrics/slab.ts'
import { Outputs } from './outputs.ts'
import { inputsOf, storeNamesOf } from './plan.ts'
import { RestoringTasks } from './restoring-tasks.ts'
import { askStores } from './store-query.ts'
import { Task } from './task.ts'
import type { TaskSurroundings } from './task-surroundings.ts'
import { TaskCheckpoints } from './task-checkpoints.ts'
import { TaskRestore } from './task-restore.ts'
import { ThreadCommits } from './thread-commits.ts'
import { ThreadMetrics } from './thread-metrics.ts'
import { Unmatched } from './unmatched.ts'
import { Vitals } from './vitals.ts'

/** How long the loop runs without giving the event loop a turn. */
const TURN_MS = 50
/**
 * Bytes produced at which a transactional port commits before its time: what runs through the caches of
 * the processor costs less than what waited for the next interval, and memory stays small.
 */
const COMMIT_BYTES = 2_097_152

export class StreamThread {
  readonly #spec: ThreadSpec
  /** As it is now: tasks look into it at each step. */
  readonly #config: { -readonly [Key in keyof ThreadConfig]: ThreadConfig[Key] }
  readonly #port: DataPort
  readonly #around: TaskSurroundings
  readonly #outputs: Outputs
  readonly #vitals: Vitals
  readonly #metrics: ThreadMetrics
  readonly #commits: ThreadCommits
  readonly #globals: GlobalReading
  readonly #unmatched = new Unmatched()
  readonly #tasks = new Map<string, Task>()
  readonly #restoring: RestoringTasks
  #lastEmitMs = 0
  #isStopping = false

  constructor(
    spec: ThreadSpec,
    topology: Topology,
    port: DataPort,
    readerOf: RowReaderFactory | undefined,
  ) {
    const metrics = MetricSlab.open(spec.metrics)
    const { plan } = spec
    const config = { ...spec.config }
    this.#spec = spec
    this.#config = config
    this.#port = port
    this.#outputs = new Outputs(port, metrics, plan.partitions)
    this.#vitals = new Vitals(spec.vitals)
    this.#commits = new ThreadCommits(port, this.#outputs, this.#vitals)
    this.#metrics = new ThreadMetrics(metrics, storeNamesOf(plan))
    this.#restoring = new RestoringTasks(this.#metrics, (toOpen) => this.#run(toOpen))
    this.#globals = new GlobalReading(topology, plan, port, metrics)
    this.#around = {
      topology,
      plan,
      formats: config.topicFormats,
      time: config,
      get rowsMax() {
        return config.maxPollRecords
      },
      get recordingLevel() {
        return config.metricsRecordingLevel
      },
      port,
      outputs: this.#outputs,
      metrics,
      alignment: new SourceAlignment(
        spec.alignment,
        plan.alignmentSlots,
        () => config.sourceAlignmentMaxDriftMs,
      ),
      unmatched: (node, key) => this.#unmatched.add(node, key),
      globals: this.#globals.tables,
      readerOf,
      careful:
        spec.careful && new CarefulRows(spec.careful, this.#vitals, Object.keys(plan.partitions)),
    }
  }

  /** Runs until it is told to stop. @throws what a task throws; the thread is of no use then. */
  async run(): Promise<void> {
    let turnMs = Date.now()
    let idleMs = 1
    while (!this.#isStopping) {
      this.#vitals.beat()
      for (const request of requestsOn(this.#spec.control)) this.#answer(request)
      const rows = this.#globals.step() + this.#runTasks() + this.#restoring.step()
      this.#emitIfDue(rows === 0)
      this.#send()
      const nowMs = Date.now()
      // The disk is heard of in a turn of the event loop.
      const { isBegun } = this.#commits
      if (isBegun || nowMs - turnMs > TURN_MS) {
        await nextTurn()
        turnMs = Date.now()
      }
      if (rows > 0 || isBegun) idleMs = 1
      if (rows > 0) continue
      this.#metrics.in(this.#isFull() ? 'blocked' : 'idle', () => this.#vitals.wait(idleMs))
      idleMs = Math.min(idleMs * 2, this.#config.pollMs)
    }
  }

  /** Gives up all that the thread holds. */
  close(): void {
    this.#restoring.closeAll()
    for (const task of this.#tasks.values()) task.close()
    this.#tasks.clear()
    this.#globals.close()
    this.#port.close()
  }

  #runTasks(): number {
    // What they look up must be there.
    if (this.#isFull() || !this.#globals.isLoaded) return 0
    return this.#metrics.in('process', () => {
      const nowMs = Date.now()
      let rows = 0
      for (const task of this.#tasks.values()) rows += task.step(nowMs)
      return rows
    })
  }

  /** Whether more has been produced than the broker has taken, beyond the limit. */
  #isFull(): boolean {
    return this.#bytesWaiting > this.#config.bufferedBytesMax
  }

  get #bytesWaiting(): number {
    return this.#port.pendingBytes + this.#outputs.waitingBytes
  }

  #emitIfDue(isIdle: boolean): void {
    const nowMs = Date.now()
    if (!isIdle && nowMs - this.#lastEmitMs < this.#config.emitIntervalMs) return
    this.#emit(nowMs)
  }

  #emit(nowMs: number): void {
    this.#lastEmitMs = nowMs
    this.#metrics.in('process', () => {
      for (const task of this.#tasks.values()) task.emit(nowMs)
      return this.#outputs.waiting
    })
    this.#metrics.stores(this.#tasks.values())
    this.#metrics.queued(this.#bytesWaiting)
  }

  /** With a transactional port rows wait for the commit, which comes early where they are many. */
  #send(): void {
    const commits = this.#commits
    if (!this.#port.transactional) {
      if (!commits.isGateClosed) this.#outputs.flush()
    } else if (commits.isBegun) this.#metrics.in('commit', () => commits.finishIfFlushed())
    else if (this.#bytesWaiting > COMMIT_BYTES) this.#prepare(() => () => undefined)
  }

  #answer(request: NumberedRequest): void {
    switch (request.kind) {
      case 'open':
        this.#reply(request.id, this.#open(request.tasks))
        return
      case 'seal':
        for (const taskId of request.taskIds) {
          if (this.#restoring.has(taskId)) this.#close(taskId)
          else this.#tasks.get(taskId)?.seal()
        }
        this.#reply(request.id, [])
        return
      case 'close':
        for (const taskId of request.taskIds) this.#close(taskId)
        this.#reply(request.id, [])
        return
      case 'prepare':
        // What is answered is as it is now, though the tasks go on before it is durable.
        this.#prepare(() => {
          const answer = this.#answerOf(request.id, this.#positions(), this.#unmatched.take())
          const eventTimes = joined(
            [...this.#tasks.values()].map((task) => task.eventTime.rows.take()),
          )
          return () => this.#spec.control.postMessage({ ...answer, eventTimes })
        })
        return
      case 'committed':
        this.#metrics.in('commit', () => {
          this.#commits.settle()
          const { changelogEnds } = request
          if (changelogEnds === undefined) return
          for (const task of this.#tasks.values()) task.reached(changelogEnds)
        })
        this.#reply(request.id, [])
        return
      case 'not-committed':
        this.#commits.isGateClosed = false
        this.#reply(request.id, [])
        return
      case 'discard':
        this.#discard()
        this.#reply(request.id, [])
        return
      case 'query': {
        const store = askStores(this.#tasks.values(), request.query)
        this.#spec.control.postMessage({ ...this.#answerOf(request.id, [], []), store })
        return
      }
      case 'configure':
        Object.assign(this.#config, request.config)
        this.#reply(request.id, [])
        return
      case 'stop':
        this.#metrics.in('commit', () => this.#commits.finish())
        this.#isStopping = true
        this.#reply(request.id, [])
    }
  }

  #reply(id: number, positions: ThreadAnswer['positions']): void {
    this.#spec.control.postMessage(this.#answerOf(id, positions, []))
  }

  /** Only a commit reads what was unmatched: taken with any other answer it would be lost. */
  #answerOf(
    id: number,
    positions: ThreadAnswer['positions'],
    unmatched: ThreadAnswer['unmatched'],
  ): ThreadAnswer {
    const running = [...this.#tasks.values()].filter(({ isDone }) => !isDone).length
    const unfinished = running + this.#restoring.size
    return { id, positions, unfinished, unmatched }
  }

  #open(tasks: readonly TaskToOpen[]): ThreadAnswer['positions'] {
    return this.#metrics.in('restore', () =>
      tasks.flatMap((toOpen) => {
        const { spec, inputs } = toOpen
        const { taskId } = spec
        this.#close(taskId)
        const checkpoints = new TaskCheckpoints(this.#port.openState(taskId), taskId)
        const restore = new TaskRestore(checkpoints, toOpen, this.#port)
        if (restore.isDone) return this.#run(toOpen)
        this.#restoring.add(toOpen, restore)
        return inputsOf(spec).map((input, i) => ({ ...input, offset: inputs[i]!.offset }))
      }),
    )
  }

  #run(toOpen: TaskToOpen): readonly TopicPartitionOffset[] {
    this.#metrics.restored(toOpen.spec.taskId, 0, 0)
    const task = new Task(toOpen, this.#around, Date.now())
    task.open()
    this.#tasks.set(toOpen.spec.taskId, task)
    return task.starts
  }

  #close(taskId: string): void {
    if (this.#restoring.close(taskId)) this.#port.closeState(taskId)
    const task = this.#tasks.get(taskId)
    if (task === undefined) return
    this.#commits.release(task)
    task.close()
    this.#tasks.delete(taskId)
  }

  #discard(): void {
    for (const taskId of [...this.#tasks.keys(), ...this.#restoring.taskIds]) this.#close(taskId)
    this.#outputs.discard()
    this.#commits.discard()
    this.#port.discard?.()
  }

  #positions(): ThreadAnswer['positions'] {
    return [...this.#tasks.values()].flatMap((task) => task.starts)
  }

  /** Everything that was run goes out and is to become durable; `done` is called when it is. */
  #prepare(answer: () => () => void): void {
    for (const task of this.#tasks.values()) task.settle()
    this.#emit(Date.now())
    const done = answer()
    this.#metrics.in('commit', () => this.#commits.prepare(this.#tasks.values(), done))
  }
}
