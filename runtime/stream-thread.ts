// The loop of one worker: it owns tasks, polls their partitions, runs them, and takes part in commits.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DataPort, TopicPartitionOffset } from '../broker/ports.ts'
import { joined } from '../processors/event-times.ts'
import { TOGETHER_MIN } from '../processors/thread-times.ts'
import type { Topology } from '../topology/topology.ts'
import { StateMemory } from '../state/stores/state-memory.ts'
import { GlobalReading } from './global-reading.ts'
import type { ThreadControl, ThreadParts } from './launch.ts'
import type { NumberedRequest, TaskToOpen, ThreadAnswer } from './messages.ts'
import type { ThreadConfig, ThreadSpec } from './messages.ts'
import { MetricSlab } from './metrics/slab.ts'
import { Outputs } from './outputs.ts'
import { globalsOf, inputsOf, storeNamesOf } from './plan.ts'
import { RestoringTasks } from './restoring-tasks.ts'
import { StandbyTasks } from './standby-tasks.ts'
import { Task } from './task.ts'
import type { TaskSurroundings } from './task-surroundings.ts'
import { ThreadCommits } from './thread-commits.ts'
import { ThreadMetrics } from './thread-metrics.ts'
import type { ThreadPhases } from './thread-phases.ts'
import { ThreadQueries } from './thread-queries.ts'
import { Unmatched } from './unmatched.ts'
import { Vitals } from './vitals.ts'
import { surroundingsOf } from './worker-surroundings.ts'

/** How long the loop runs without giving the event loop a turn. */
const TURN_MS = 50
/**
 * Bytes produced at which a transactional port commits before its time: what runs through the caches of
 * the processor costs less than what waited for the next interval, and memory stays small.
 */
const COMMIT_BYTES = 2_097_152
/** How long figures may be old: emissions come more often, and nobody reads them so often. */
const TELL_MS = 50
/** How long for each task that there is, with a commit, too: of a thousand tasks, telling them takes milliseconds. */
const TELL_MS_A_TASK = 0.1

export class StreamThread {
  readonly #control: ThreadControl
  readonly #clock: ThreadParts['clock']
  /** As it is now: tasks look into it at each step. */
  readonly #config: { -readonly [Key in keyof ThreadConfig]: ThreadConfig[Key] }
  readonly #port: DataPort
  readonly #around: TaskSurroundings
  readonly #outputs: Outputs
  readonly #vitals: Vitals
  readonly #metrics: ThreadMetrics
  readonly #phases: ThreadPhases
  readonly #commits: ThreadCommits
  readonly #globals: GlobalReading
  readonly #memory: StateMemory | undefined
  readonly #unmatched = new Unmatched()
  readonly #tasks = new Map<string, Task>()
  readonly #restoring: RestoringTasks
  readonly #standbys: StandbyTasks
  readonly #queries: ThreadQueries
  #lastEmitMs = 0
  #lastToldMs = 0
  #idleMs = 1
  #isStopping = false

  /** Opens nothing yet; tasks come by requests. */
  constructor(spec: Omit<ThreadSpec, 'control'>, topology: Topology, parts: ThreadParts) {
    const { port, readerOf } = parts
    const metrics = MetricSlab.open(spec.metrics)
    const { plan } = spec
    const config = { ...spec.config }
    this.#control = parts.control
    this.#clock = parts.clock
    this.#config = config
    this.#port = port
    this.#outputs = new Outputs(port, metrics, plan.partitions, undefined, TOGETHER_MIN)
    this.#vitals = new Vitals(spec.vitals)
    this.#commits = new ThreadCommits(port, this.#outputs, this.#vitals)
    this.#metrics = new ThreadMetrics(metrics, storeNamesOf(plan))
    this.#phases = this.#metrics.phases
    this.#restoring = new RestoringTasks(this.#metrics, (toOpen) => this.#run(toOpen))
    this.#standbys = new StandbyTasks(port, this.#metrics, this.#vitals, parts.clock)
    this.#memory = memoryOf(parts, config)
    const globals = globalsOf(topology, config.topicFormats)
    this.#globals = new GlobalReading(globals, plan, port, metrics, this.#memory)
    this.#queries = new ThreadQueries({
      topology,
      memory: this.#memory,
      clock: parts.clock,
      globals: this.#globals,
      tasks: () => this.#tasks.values(),
      behind: () => [...this.#restoring.all, ...this.#standbys.all()],
    })
    this.#around = surroundingsOf(spec, config, {
      topology,
      port,
      outputs: this.#outputs,
      metrics,
      phases: this.#phases,
      unmatched: (node, key) => this.#unmatched.add(node, key),
      globals: this.#globals.tables,
      readerOf,
      memory: this.#memory,
      logSizes: parts.logSizes,
    })
  }

  /** Runs until it is told to stop. @throws what a task throws; the thread is of no use then. */
  async run(): Promise<void> {
    let turnMs = this.#clock.monotonicMs()
    while (!this.#isStopping) {
      const waitMs = this.step()
      // The disk is heard of in a turn of the event loop.
      if (this.#commits.isBegun || this.#clock.monotonicMs() - turnMs > TURN_MS) {
        await nextTurn()
        turnMs = this.#clock.monotonicMs()
      }
      if (waitMs === 0) continue
      this.#phases.in(this.#isFull() ? 'blocked' : 'idle', () => this.#vitals.wait(waitMs))
    }
  }

  /** One round of the loop. @returns ms to wait for something to do, unless woken; 0: there is more. */
  step(): number {
    this.#vitals.beat()
    for (let next = this.#control.next(); next !== undefined; next = this.#control.next()) {
      this.#answer(next)
    }
    const rows = this.#globals.step() + this.#runTasks() + this.#restoring.step()
    this.#standbys.step(rows > 0)
    this.#queries.step()
    this.#emitIfDue(rows === 0)
    this.#send()
    this.#commits.saveIfDue(this.#clock.monotonicMs(), rows === 0)
    if (rows > 0 || this.#commits.isBegun) this.#idleMs = 1
    if (rows > 0 || this.#queries.isBusy) return 0
    const waitMs = this.#idleMs
    this.#idleMs = Math.min(waitMs * 2, this.#config.pollMs)
    return waitMs
  }

  /** Whether it was told to stop: no further step is wanted. */
  get isStopping(): boolean {
    return this.#isStopping
  }

  /** Gives up all that the thread holds. */
  close(): void {
    this.#restoring.closeAll()
    this.#standbys.closeAll()
    for (const task of this.#tasks.values()) task.close()
    this.#tasks.clear()
    this.#globals.close()
    this.#memory?.close()
    this.#port.close()
  }

  #runTasks(): number {
    // What they look up must be there.
    if (this.#isFull() || !this.#globals.isLoaded || this.#config.processingPaused) return 0
    return this.#phases.in('process', () => {
      const nowMs = this.#clock.nowMs()
      let rows = 0
      let stepped = 0
      let sinceMs = this.#clock.monotonicMs()
      for (const task of this.#tasks.values()) {
        const run = task.step(nowMs)
        rows += run
        stepped += 1
        if (run === 0) continue
        // Those that ran nothing before it have taken next to nothing.
        const ranMs = this.#clock.monotonicMs()
        task.tookToRun((ranMs - sinceMs) / 1_000)
        sinceMs = ranMs
        if (!this.#isFull()) continue
        this.#putBehind(stepped)
        break
      }
      return rows
    })
  }

  /** Those that had their turn before there was too much come behind those that had not. */
  #putBehind(count: number): void {
    for (const [taskId, task] of [...this.#tasks].slice(0, count)) {
      this.#tasks.delete(taskId)
      this.#tasks.set(taskId, task)
    }
  }

  /** Whether more has been produced than the broker has taken, beyond the limit. */
  #isFull(): boolean {
    return this.#bytesWaiting > this.#config.bufferedBytesMax
  }

  get #bytesWaiting(): number {
    return this.#port.pendingBytes + this.#outputs.waitingBytes
  }

  #emitIfDue(isIdle: boolean): void {
    const nowMs = this.#clock.nowMs()
    const sinceMs = nowMs - this.#lastEmitMs
    // The wall clock may be set back.
    const isEarly = !isIdle && sinceMs >= 0 && sinceMs < this.#config.emitIntervalMs
    if (!isEarly || this.#heldBytes > this.#config.statestoreCacheMaxBytes) {
      this.#emit(nowMs, TELL_MS)
    }
  }

  get #heldBytes(): number {
    let bytes = 0
    for (const { stores } of this.#tasks.values()) bytes += stores.heldBytes
    return bytes
  }

  /** @param tellMs figures are told that are as old as this, ms, or older where there are many tasks. */
  #emit(nowMs: number, tellMs: number): void {
    this.#lastEmitMs = nowMs
    const toldMs = nowMs - this.#lastToldMs
    // The wall clock may be set back.
    const isTold = toldMs < 0 || toldMs >= Math.max(tellMs, this.#tasks.size * TELL_MS_A_TASK)
    this.#phases.in('process', () => {
      for (const task of this.#tasks.values()) task.emit(nowMs, isTold)
      return this.#outputs.waiting
    })
    if (!isTold) return
    this.#lastToldMs = nowMs
    this.#metrics.stores(this.#tasks.values())
    this.#metrics.tasks(this.#tasks.size, this.#restoring.size, this.#standbys.size)
    this.#metrics.queued(this.#bytesWaiting)
  }

  /** With a transactional port rows wait for the commit, which comes early where they are many. */
  #send(): void {
    const commits = this.#commits
    if (!this.#port.transactional) {
      if (!commits.isGateClosed) this.#outputs.flush()
    } else if (commits.isBegun) this.#phases.in('commit', () => commits.finishIfFlushed())
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
        break
      case 'close':
        for (const taskId of request.taskIds) this.#close(taskId)
        break
      case 'standby':
        this.#standbys.keep(request)
        break
      case 'prepare':
        // What is answered is as it is now, though the tasks go on before it is durable.
        this.#prepare(() => {
          const answer = this.#answerOf(request.id, [], this.#unmatched.take())
          const tasks = [...this.#tasks.values()]
          const starts = tasks.map(({ starts }) => starts)
          const rows = tasks.reduce((sum, task) => sum + task.takeSourceRows(), 0)
          const eventTimes = joined(tasks.map((task) => task.eventTime.rows.take()))
          return () => {
            const { hasProduced, hasUntold } = this.#commits
            // What was packed meanwhile goes out with it.
            const positions = tasks.flatMap(({ restorePoints }, i) =>
              starts[i]!.map((at) => (restorePoints ? { restorePoints, ...at } : at)),
            )
            this.#control.answer({ rows, eventTimes, hasProduced, hasUntold, ...answer, positions })
          }
        })
        return
      case 'tell':
        this.#phases.in('commit', () => this.#commits.tell(this.#tasks.values()))
        break
      case 'committed':
        this.#phases.in('commit', () => {
          this.#commits.settle(this.#clock.monotonicMs())
          const { changelogEnds } = request
          if (changelogEnds === undefined) return
          this.#commits.save()
          for (const task of this.#tasks.values()) task.reached(changelogEnds)
        })
        break
      case 'not-committed':
        this.#commits.isGateClosed = false
        break
      case 'discard':
        this.#discard()
        break
      case 'query':
        this.#queries.ask(request.query, (store) => {
          this.#control.answer({ store, ...this.#answerOf(request.id, [], []) })
        })
        return
      case 'configure':
        Object.assign(this.#config, request.config)
        if (this.#memory) this.#memory.bytesMax = request.config.stateMemoryMaxBytes
        break
      case 'stop':
        this.#phases.in('commit', () => {
          this.#commits.finish()
          this.#commits.save()
        })
        this.#isStopping = true
    }
    this.#reply(request.id, [])
  }

  #reply(id: number, positions: ThreadAnswer['positions']): void {
    this.#control.answer(this.#answerOf(id, positions, []))
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
    return this.#phases.in('restore', () =>
      tasks.flatMap((toOpen) => {
        const { spec, inputs } = toOpen
        const { taskId } = spec
        // A thousand tasks take longer than a thread may be silent.
        this.#vitals.beat()
        this.#close(taskId)
        if (!this.#restoring.begin(toOpen, this.#port)) return this.#run(toOpen)
        return inputsOf(spec).map((input, i) => ({ ...input, offset: inputs[i]!.offset }))
      }),
    )
  }

  #run(toOpen: TaskToOpen): readonly TopicPartitionOffset[] {
    this.#metrics.restored(toOpen.spec.taskId, 0, 0)
    const make = (): Task => new Task(toOpen, this.#around, this.#clock.nowMs())
    const { careful } = this.#around
    const task =
      careful === undefined ? make() : careful.during('opening', toOpen.spec.taskId, make)
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

  /** Everything that was run goes out and is to become durable; `done` is called when it is. */
  #prepare(answer: () => () => void): void {
    for (const task of this.#tasks.values()) task.settle()
    // What a report is made of is as it is at the commit.
    this.#emit(this.#clock.nowMs(), 0)
    const done = answer()
    this.#phases.in('commit', () => this.#commits.prepare(this.#tasks.values(), done))
  }
}

function memoryOf({ spillPath }: ThreadParts, config: ThreadConfig): StateMemory | undefined {
  if (spillPath === undefined) return undefined
  return new StateMemory({ bytesMax: config.stateMemoryMaxBytes, path: spillPath })
}
