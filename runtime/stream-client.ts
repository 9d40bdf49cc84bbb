// One instance of an application, on the main thread: its group membership, its commits, its state.
// start-streams.ts makes it. Its threads are in stream-threads.ts, its tasks in task-moves.ts.
import { BrokerError } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import { globalStoreOf } from '../topology/global-store.ts'
import { Assignment } from './assignment.ts'
import type { ClientParts } from './client-parts.ts'
import { ClientSlabs } from './client-slabs.ts'
import type { ClientState } from './client-state.ts'
import { ClientStatus } from './client-status.ts'
import { CommitTimer } from './commit-timer.ts'
import { Committer, type CommitResult } from './committer.ts'
import { EventLoops } from './event-loops.ts'
import { Liveness } from './liveness.ts'
import { RestoreLog } from './restore-log.ts'
import type { MetricSlab } from './metrics/slab.ts'
import { dimensionsOf } from './plan.ts'
import { ProducerMetrics } from './producer-metrics.ts'
import { StateMemoryLog } from './state-memory-log.ts'
import { Standbys } from './standbys.ts'
import { StoreQueries } from './store-queries.ts'
import { StreamThreads } from './stream-threads.ts'
import { TaskBounds } from './task-bounds.ts'
import { TaskMoves } from './task-moves.ts'
import { untilAborted } from './until-aborted.ts'

/** What a thread has. */
export interface ThreadTasks {
  readonly threadId: string
  /** Ids of the tasks that it runs, or restores. */
  readonly tasks: readonly string[]
  /** Ids of the tasks of others whose state it keeps a copy of. */
  readonly standbys: readonly string[]
}

export class StreamClient {
  readonly #parts: ClientParts
  readonly #status: ClientStatus
  readonly #assignment: Assignment
  readonly #bounds: TaskBounds
  readonly #committer: Committer
  readonly #threads: StreamThreads
  readonly #moves: TaskMoves
  readonly #standbys: Standbys
  readonly #slabs: ClientSlabs
  readonly #liveness: Liveness
  readonly #loops = new EventLoops()
  readonly #producer: ProducerMetrics | undefined
  readonly #restoreLog: RestoreLog
  readonly #memoryLog: StateMemoryLog
  readonly #stopping = new AbortController()
  readonly #timer: CommitTimer
  #config: StreamsConfig
  #failure: Error | undefined
  #isLeaving = false

  constructor(parts: ClientParts) {
    const { topology, plan, group, threads, config, clock } = parts
    this.#parts = parts
    this.#config = config
    this.#timer = new CommitTimer(config.commitIntervalMs, clock)
    this.#stopping.signal.addEventListener('abort', () => this.#timer.stop(), { once: true })
    this.#assignment = new Assignment(threads)
    this.#bounds = new TaskBounds(parts)
    const dimensions = dimensionsOf(topology, plan)
    this.#slabs = new ClientSlabs(dimensions, threads, parts.metrics)
    if (group.producerFigures !== undefined) {
      const written = dimensions.topics.filter((topic) => !plan.sourceTopics.includes(topic))
      this.#producer = new ProducerMetrics(this.metrics[0]!, written)
    }
    this.#restoreLog = new RestoreLog(() => this.metrics, parts.log)
    this.#memoryLog = new StateMemoryLog(
      () => this.metrics,
      () => this.#config,
      parts.log,
    )
    this.#liveness = new Liveness(
      () => this.metrics,
      () => this.#config,
    )
    this.#threads = new StreamThreads(parts, this.metrics, this.#stopping.signal, {
      tasksOf: (thread) => this.#assignment.tasksOf(thread),
      reopen: async (thread, tasks) => {
        // What the thread produced is in the transaction of all, and its positions never will be.
        if (group.abort !== undefined) await this.#rewind()
        else await this.#moves.reopen(thread, tasks)
      },
      fail: (error) => this.fail(error),
    })
    this.#committer = new Committer(
      group,
      () => this.#threads.handles,
      () => this.#bounds.changelogEnds([...this.#assignment.all.values()].flat()),
      clock,
    )
    this.#status = new ClientStatus(this.metrics[0]!, parts.log, config.commitIntervalMs)
    const shared = {
      ...parts,
      assignment: this.#assignment,
      threads: this.#threads,
      bounds: this.#bounds,
      stopping: this.#stopping.signal,
    }
    this.#standbys = new Standbys({ ...shared, isMoving: () => this.#moves.isBusy })
    this.#moves = new TaskMoves({
      ...shared,
      committer: this.#committer,
      status: this.#status,
      release: (tasks) => this.#standbys.release(tasks),
      commit: () => this.#commit(),
      rewind: () => this.#rewind(),
      fail: (error) => this.fail(error),
    })
  }

  /** The main thread's metrics first, then one slab a thread that it has or had. */
  get metrics(): readonly MetricSlab[] {
    return this.#slabs.all
  }

  /** Brings what only the main thread sees of others up to date; to be called before its metrics are read. */
  look(): void {
    this.#loops.look(this.metrics, this.#threads.handles)
    const { producerFigures } = this.#parts.group
    if (producerFigures !== undefined) this.#producer?.look(producerFigures)
  }

  get state(): ClientState {
    return this.#status.state
  }

  /** Why the application works or does not. */
  get problems(): string[] {
    if (this.#failure !== undefined) return [this.#failure.message]
    return [
      ...this.#threads.problems,
      ...this.#liveness.problemsAt(this.#parts.clock.monotonicMs()),
    ]
  }

  get threadStates(): ThreadTasks[] {
    return this.#threads.handles.map((thread, i) => ({
      threadId: thread.threadId,
      tasks: this.#assignment.tasksOf(i).map(({ taskId }) => taskId),
      standbys: this.#standbys.of(thread),
    }))
  }

  /** The stores of the tasks that are here, to be asked. */
  get queries(): StoreQueries {
    const { plan, topology } = this.#parts
    const globals = topology.globals.map(
      ({ node }) => [globalStoreOf(node), node.topic.name] as const,
    )
    return new StoreQueries({
      plan,
      globals: new Map(globals),
      assignment: this.#assignment,
      threadIds: () => this.#threads.handles.map(({ threadId }) => threadId),
      request: (thread, request) => this.#threads.request(thread, request),
    })
  }

  /** Asks for an orderly stop; `run` resolves after it. */
  stop(): void {
    this.#stopping.abort()
  }

  /** Goes on with other settings and so many threads; resolves when all of them do. */
  async reconfigure(config: StreamsConfig, threads: number): Promise<void> {
    const isOtherLevel = config.metricsRecordingLevel !== this.#config.metricsRecordingLevel
    this.#config = config
    this.#timer.every(config.commitIntervalMs)
    this.#status.commitsEvery(config.commitIntervalMs)
    await this.#threads.reconfigure(config)
    await this.#moves.resize(threads, () => this.#slabs.grow(threads))
    // Only a task that opens puts counters between its operators, or leaves them out.
    if (isOtherLevel) await this.#moves.renew()
  }

  /**
   * Runs until stopped, or until all input is processed when there are ends.
   * @throws what made the application fail, after it was closed.
   */
  async run(): Promise<void> {
    const { clock, group, plan } = this.#parts
    this.#status.enter('REBALANCING')
    this.#threads.start()
    this.#liveness.start(clock)
    this.#restoreLog.start(clock)
    this.#memoryLog.start(clock)
    try {
      await group.join([...plan.sourceTopics, ...plan.repartitionTopics], {
        onAssigned: (partitions) => this.#moves.assigned(partitions),
        onRevoked: (partitions) => this.#moves.revoked(partitions),
        onLost: (partitions) => this.#moves.lost(partitions),
        onFailed: (error) => this.fail(error),
      })
      void this.#standbys.run()
      await this.#commitUntilDone()
    } catch (error) {
      this.fail(error as Error)
    }
    await this.#close()
    if (this.#failure !== undefined) throw this.#failure
  }

  async #commitUntilDone(): Promise<void> {
    const { ends } = this.#parts
    const { signal } = this.#stopping
    let wasFinished = false
    while (!signal.aborted) {
      await this.#timer.due()
      // A thread that hangs answers no commit; a stop must not wait for it.
      const result = await untilAborted(this.#commit(), signal)
      if (result === undefined || ends === undefined) continue
      const isFinished = result.unfinished === 0 && !this.#moves.isUnderWay
      // The threads answer one after the other: only the second time all of them knew of all others.
      if (isFinished && wasFinished && (await this.#bounds.isDrained(result.positions))) return
      wasFinished = isFinished
    }
  }

  /** Commits; undefined when it came to nothing and the next one will try again. */
  async #commit(): Promise<CommitResult | undefined> {
    try {
      const result = await this.#committer.commit()
      if (this.#parts.group.abort !== undefined && result.positions.length > 0) {
        this.#status.transaction('committed', result.commitMs)
      }
      this.#parts.onCommit(result, this.metrics)
      return result
    } catch (error) {
      const code = (error as { code?: unknown }).code
      if (error instanceof BrokerError) this.#status.failed(code)
      if (code === 'MILLRACE_TRANSACTION_ABORTED') {
        this.#parts.log.warn({ err: error }, 'a commit came to nothing')
        await this.#rewind()
        return undefined
      }
      const isTransient =
        code === 'MILLRACE_THREAD_DIED' ||
        code === 'MILLRACE_THREAD_STOPPED' ||
        (error instanceof BrokerError && error.retriable)
      // A thread that failed tells of it itself, with more than this.
      if (!isTransient && !(error as Error).name.startsWith('Thread')) this.fail(error as Error)
      this.#parts.log.warn({ err: error }, 'a commit came to nothing')
      return undefined
    }
  }

  /** Undoes what was done since the last commit, and begins there again. */
  async #rewind(): Promise<void> {
    // Who leaves undoes it all by that.
    if (this.#isLeaving) return
    this.#status.transaction('aborted')
    try {
      await this.#committer.rewind(() => this.#moves.reopenAll())
    } catch (error) {
      this.fail(error as Error)
    }
  }

  /** Ends the application; `run` rejects with the first error. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#parts.log.error({ err: error }, 'the application fails')
    if (this.state !== 'NOT_RUNNING') this.#status.enter('PENDING_ERROR')
    this.#stopping.abort()
  }

  /** 1 commit, unless it failed  2 leave the group  3 stop the threads  4 end those that do not stop */
  async #close(): Promise<void> {
    const { clock, group, log } = this.#parts
    const hasFailed = this.#failure !== undefined
    if (!hasFailed) this.#status.enter('PENDING_SHUTDOWN')
    this.#stopping.abort()
    const over = new AbortController()
    const deadline = () =>
      clock.sleep(this.#config.shutdownTimeoutMs, over.signal).then(() => 'late' as const)
    let left: Promise<void> | undefined
    const leave = (): Promise<void> => {
      // What a commit that comes to nothing would begin again is the next instance's.
      this.#isLeaving = true
      return (left ??= group.leave())
    }
    const orderly = (async () => {
      if (!hasFailed) await this.#commit()
      await leave()
      if (group.leftOpen !== undefined) log.warn(group.leftOpen)
      await this.#threads.stop()
    })()
    const how = await Promise.race([orderly.catch((error: unknown) => error as Error), deadline()])
    if (how === 'late') {
      log.warn('the stop took too long: threads are ended by force')
      this.#isLeaving = true
    }
    if (how instanceof Error) this.#failure ??= how
    await this.#threads.end()
    this.#liveness.stop()
    this.#restoreLog.stop()
    this.#memoryLog.stop()
    // The group is left even then, if its broker answers: a commit that is under way is given up.
    if (how === 'late') {
      const ended = leave().then(() => orderly)
      await Promise.race([ended.catch(() => undefined), deadline()])
    }
    over.abort()
    this.#status.enter(this.#failure === undefined ? 'NOT_RUNNING' : 'ERROR')
  }
}
