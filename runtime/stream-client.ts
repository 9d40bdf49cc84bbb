// One instance of an application, on the main thread: its group membership, its tasks, its state.
// Starting is in run-streams.ts, the threads in stream-threads.ts, the commit in committer.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError, type TopicPartition, type TopicPartitionOffset } from '../broker/ports.ts'
import { Assignment } from './assignment.ts'
import type { ClientParts } from './client-parts.ts'
import type { ClientState } from './client-state.ts'
import { ClientStatus } from './client-status.ts'
import { Committer, type CommitResult } from './committer.ts'
import { layoutOf } from './metrics/layout.ts'
import { MetricSlab } from './metrics/slab.ts'
import { dimensionsOf, inputsOf, type TaskSpec } from './plan.ts'
import { StoreQueries } from './store-queries.ts'
import { StreamThreads } from './stream-threads.ts'
import { patiently, TaskBounds } from './task-bounds.ts'

export class StreamClient {
  /** The main thread's metrics first, then one slab a thread. */
  readonly metrics: readonly MetricSlab[]
  readonly #parts: ClientParts
  readonly #status: ClientStatus
  readonly #assignment: Assignment
  readonly #bounds: TaskBounds
  readonly #committer: Committer
  readonly #threads: StreamThreads
  readonly #stopping = new AbortController()
  #failure: Error | undefined

  constructor(parts: ClientParts) {
    const { topology, plan, group, threads, config } = parts
    this.#parts = parts
    this.#assignment = new Assignment(threads)
    this.#bounds = new TaskBounds(parts)
    const dimensions = dimensionsOf(topology, plan)
    const layout = layoutOf(dimensions)
    const names = Array.from({ length: threads }, (_, i) => `stream-thread-${i + 1}`)
    this.metrics =
      parts.metrics ??
      [undefined, ...names].map((name) => MetricSlab.create(dimensions, name, layout))
    for (const slab of parts.metrics ?? []) slab.clearGauges()
    this.#threads = new StreamThreads(parts, this.metrics, this.#stopping.signal, {
      tasksOf: (thread) => this.#assignment.tasksOf(thread),
      reopen: async (thread, tasks) => {
        // What the thread produced is in the transaction of all, and its positions never will be.
        if (group.abort !== undefined) await this.#rewind()
        else await this.#reopen(thread, tasks)
      },
      fail: (error) => this.fail(error),
    })
    this.#committer = new Committer(
      group,
      () => this.#threads.handles,
      () => this.#bounds.changelogEnds([...this.#assignment.all.values()].flat()),
    )
    this.#status = new ClientStatus(this.metrics[0]!, parts.log, config.commitIntervalMs)
  }

  get state(): ClientState {
    return this.#status.state
  }

  /** Why the application works or does not. */
  get problems(): string[] {
    if (this.#failure !== undefined) return [this.#failure.message]
    return this.#threads.problems
  }

  get threadStates(): { threadId: string; tasks: string[] }[] {
    return this.#threads.handles.map(({ threadId }, i) => ({
      threadId,
      tasks: this.#assignment.tasksOf(i).map(({ taskId }) => taskId),
    }))
  }

  /** The stores of the tasks that are here, to be asked. */
  get queries(): StoreQueries {
    const { plan } = this.#parts
    return new StoreQueries({
      plan,
      assignment: this.#assignment,
      threadIds: () => this.#threads.handles.map(({ threadId }) => threadId),
      request: (thread, request) => this.#threads.request(thread, request),
    })
  }

  /** Asks for an orderly stop; `run` resolves after it. */
  stop(): void {
    this.#stopping.abort()
  }

  /**
   * Runs until stopped, or until all input is processed when there are ends.
   * @throws what made the application fail, after it was closed.
   */
  async run(): Promise<void> {
    const { group, plan } = this.#parts
    this.#status.enter('REBALANCING')
    this.#threads.start()
    try {
      await group.join([...plan.sourceTopics, ...plan.repartitionTopics], {
        onAssigned: (partitions) => this.#assigned(partitions),
        onRevoked: (partitions) => this.#revoked(partitions),
        onLost: (partitions) => this.#lost(partitions),
        onFailed: (error) => this.fail(error),
      })
      await this.#commitUntilDone()
    } catch (error) {
      this.fail(error as Error)
    }
    await this.#close()
    if (this.#failure !== undefined) throw this.#failure
  }

  async #commitUntilDone(): Promise<void> {
    const { config, ends } = this.#parts
    const { signal } = this.#stopping
    const aborted = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true })
    })
    let wasFinished = false
    let dueMs = performance.now() + config.commitIntervalMs
    while (!signal.aborted) {
      await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal }).catch(
        () => undefined,
      )
      // From begin to begin: with exactly once results wait for it, and for what a commit takes besides.
      dueMs = performance.now() + config.commitIntervalMs
      // A thread that hangs answers no commit; a stop must not wait for it.
      const result = await Promise.race([this.#commit(), aborted])
      if (result === undefined || ends === undefined) continue
      const isFinished = result.unfinished === 0
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
    this.#status.transaction('aborted')
    try {
      await this.#committer.rewind(async () => {
        const byThread = this.#assignment.all
        const tasks = [...byThread.values()].flat()
        const inputs = tasks.flatMap(inputsOf)
        const committed = await patiently(
          () => this.#parts.group.committed(inputs),
          this.#stopping.signal,
        )
        const opening = [...byThread].map(([thread, specs]) => this.#open(thread, specs, committed))
        for (const opened of await Promise.allSettled(opening)) {
          // A thread that dies meanwhile is replaced, and begins this anew.
          if (opened.status === 'rejected' && opened.reason instanceof BrokerError) {
            throw opened.reason
          }
        }
      })
    } catch (error) {
      this.fail(error as Error)
    }
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    if (partitions.length === 0) return []
    const started = performance.now()
    if (this.state === 'RUNNING') this.#status.enter('REBALANCING')
    const byThread = this.#assignment.add(this.#tasksOf(partitions))
    // What a task does while a transaction is undone would be in none.
    const starts = await this.#committer.inTurn(async () => {
      const committed = await this.#parts.group.committed(partitions)
      return Promise.all(
        [...byThread].map(([thread, specs]) => this.#open(thread, specs, committed)),
      )
    })
    if (this.state === 'REBALANCING') this.#status.enter('RUNNING')
    this.#status.rebalanced('assigned', started, this.#assignment.size)
    return starts.flat()
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return
    const started = performance.now()
    // Out of the assignment first: a commit that comes to nothing opens what is assigned again.
    const leaving = this.#assignment.remove(this.#tasksOf(partitions))
    // What a task did after its last commit would be committed with the others', and done again elsewhere.
    await this.#tell('seal', leaving)
    await this.#commit()
    await this.#tell('close', leaving)
    this.#status.rebalanced('revoked', started, this.#assignment.size)
  }

  async #lost(partitions: readonly TopicPartition[]): Promise<void> {
    const started = performance.now()
    this.#parts.log.warn({ partitions }, 'partitions were lost: what was not committed is dropped')
    await this.#tell('close', this.#assignment.remove(this.#tasksOf(partitions)))
    // What the lost tasks produced must not be committed with what the others did.
    if (this.#parts.group.abort !== undefined) await this.#rewind()
    this.#status.rebalanced('lost', started, this.#assignment.size)
  }

  #reopen(thread: number, tasks: readonly TaskSpec[]): Promise<unknown> {
    return this.#committer.inTurn(async () =>
      this.#open(thread, tasks, await this.#parts.group.committed(tasks.flatMap(inputsOf))),
    )
  }

  async #open(
    thread: number,
    specs: readonly TaskSpec[],
    committed: readonly TopicPartitionOffset[],
  ): Promise<readonly TopicPartitionOffset[]> {
    const ask = () => this.#bounds.of(specs, committed)
    const asked = await patiently(ask, this.#stopping.signal)
    // Meanwhile some may have been taken away.
    const owned = new Set(this.#assignment.tasksOf(thread).map(({ taskId }) => taskId))
    const tasks = asked.filter(({ spec }) => owned.has(spec.taskId))
    const answer = await this.#threads.request(thread, { kind: 'open', tasks })
    return answer.positions
  }

  async #tell(
    kind: 'seal' | 'close',
    byThread: ReadonlyMap<number, readonly string[]>,
  ): Promise<void> {
    await Promise.allSettled(
      [...byThread].map(([thread, taskIds]) => this.#threads.request(thread, { kind, taskIds })),
    )
    this.#status.assigned(this.#assignment.size)
  }

  #tasksOf(partitions: readonly TopicPartition[]): TaskSpec[] {
    const assigned = new Set(partitions.map(({ topic, partition }) => `${topic}/${partition}`))
    return this.#parts.plan.tasks.filter((task) =>
      inputsOf(task).some(({ topic, partition }) => assigned.has(`${topic}/${partition}`)),
    )
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
    const { group, config, log } = this.#parts
    const hasFailed = this.#failure !== undefined
    if (!hasFailed) this.#status.enter('PENDING_SHUTDOWN')
    this.#stopping.abort()
    const deadline = () => sleep(config.shutdownTimeoutMs, 'late' as const, { ref: false })
    const orderly = (async () => {
      if (!hasFailed) await this.#commit()
      await group.leave()
      await this.#threads.stop()
    })()
    const how = await Promise.race([orderly.catch((error: unknown) => error as Error), deadline()])
    if (how === 'late') log.warn('the stop took too long: threads are ended by force')
    if (how instanceof Error) this.#failure ??= how
    await this.#threads.end()
    // Without threads it goes on: the group is left even then, if its broker answers.
    if (how === 'late') await Promise.race([orderly.catch(() => undefined), deadline()])
    this.#status.enter(this.#failure === undefined ? 'NOT_RUNNING' : 'ERROR')
  }
}
