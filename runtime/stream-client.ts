// One instance of an application, on the main thread: its group membership, its threads, its commits.
// Starting is in run-streams.ts, the commit in committer.ts, the topics in topics.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BrokerError,
  type Broker,
  type Group,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { Topology } from '../topology/topology.ts'
import { SourceAlignment } from './alignment.ts'
import { Assignment } from './assignment.ts'
import { ordinalOf, transition, type ClientState } from './client-state.ts'
import { Committer, type CommitResult } from './committer.ts'
import { layoutOf } from './metrics/layout.ts'
import { MetricSlab } from './metrics/slab.ts'
import { dimensionsOf, type Plan, type TaskSpec } from './plan.ts'
import { ThreadHandle, type ThreadEnd } from './thread-handle.ts'
import type { RunLog } from './run-log.ts'
import { Watchdog } from './watchdog.ts'

/** A thread that dies is replaced; one that dies this often within a minute ends the application. */
const DEATHS_MAX = 5
const DEATHS_WINDOW_MS = 60_000

/** What a client is made of. */
export interface ClientParts {
  readonly topologyUrl: string
  readonly topology: Topology
  readonly config: StreamsConfig
  readonly plan: Plan
  readonly broker: Broker
  readonly group: Group
  readonly threads: number
  readonly log: RunLog
  /** First offsets that are not wanted, per source partition; undefined to run on and on. */
  readonly ends: readonly TopicPartitionOffset[] | undefined
  /** Called after each commit. */
  readonly onCommit: (result: CommitResult, metrics: readonly MetricSlab[]) => void
}

export class StreamClient {
  /** The main thread's metrics first, then one slab a thread. */
  readonly metrics: readonly MetricSlab[]
  state: ClientState = 'CREATED'
  readonly #parts: ClientParts
  readonly #assignment: Assignment
  readonly #committer: Committer
  readonly #threads: ThreadHandle[] = []
  readonly #alignment: SharedArrayBuffer
  readonly #watchdog: Watchdog
  readonly #stopping = new AbortController()
  readonly #deathsMs: number[] = []
  #failure: Error | undefined

  constructor(parts: ClientParts) {
    const { topology, plan, group, threads, config, log } = parts
    this.#parts = parts
    this.#assignment = new Assignment(threads)
    this.#committer = new Committer(group, () => this.#threads)
    this.#alignment = SourceAlignment.allocate(plan.alignmentSlots)
    const dimensions = dimensionsOf(topology, plan)
    const layout = layoutOf(dimensions)
    const names = Array.from({ length: threads }, (_, i) => `stream-thread-${i + 1}`)
    this.metrics = [undefined, ...names].map((name) => MetricSlab.create(dimensions, name, layout))
    this.#watchdog = new Watchdog(config.workerHangTimeoutMs, log, () => this.#threads)
    this.#gauge('kafka_stream_configured_stream_threads', threads)
    this.#gauge('kafka_stream_query_trigger_interval_seconds', config.commitIntervalMs / 1_000)
    this.#main.counter('kafka_stream_failed_stream_threads_total')
    this.#enter('CREATED')
  }

  /** Why the application works or does not. */
  get problems(): string[] {
    if (this.#failure !== undefined) return [this.#failure.message]
    return this.#watchdog.problems
  }

  get threadStates(): { threadId: string; tasks: string[] }[] {
    return this.#threads.map(({ threadId }, i) => ({
      threadId,
      tasks: this.#assignment.tasksOf(i).map(({ taskId }) => taskId),
    }))
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
    this.#enter('REBALANCING')
    for (let i = 0; i < this.#parts.threads; i++) this.#startThread(i)
    this.#watchdog.start()
    try {
      await group.join([...plan.sourceTopics, ...plan.repartitionTopics], {
        onAssigned: (partitions) => this.#assigned(partitions),
        onRevoked: (partitions) => this.#revoked(partitions),
        onLost: (partitions) => this.#lost(partitions),
        onFailed: (error) => this.#fail(error),
      })
      await this.#commitUntilDone()
    } catch (error) {
      this.#fail(error as Error)
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
    while (!signal.aborted) {
      await sleep(config.commitIntervalMs, undefined, { signal }).catch(() => undefined)
      // A thread that hangs answers no commit; a stop must not wait for it.
      const result = await Promise.race([this.#commit(), aborted])
      if (result === undefined || ends === undefined) continue
      const isFinished = result.unfinished === 0
      // The threads answer one after the other: only the second time all of them knew of all others.
      if (isFinished && wasFinished && (await this.#isDrained(result))) return
      wasFinished = isFinished
    }
  }

  /** Commits; undefined when it came to nothing and the next one will try again. */
  async #commit(): Promise<CommitResult | undefined> {
    try {
      const result = await this.#committer.commit()
      this.#parts.onCommit(result, this.metrics)
      return result
    } catch (error) {
      const code = (error as { code?: unknown }).code
      const isTransient =
        code === 'MILLRACE_THREAD_DIED' ||
        code === 'MILLRACE_THREAD_STOPPED' ||
        (error instanceof BrokerError && error.retriable)
      // A thread that failed tells of it itself, with more than this.
      if (!isTransient && !(error as Error).name.startsWith('Thread')) this.#fail(error as Error)
      this.#parts.log.warn({ err: error }, 'a commit came to nothing')
      return undefined
    }
  }

  /** Whether nothing is left in the repartition topics, and all tasks are here. */
  async #isDrained({ positions }: CommitResult): Promise<boolean> {
    const { plan, broker } = this.#parts
    if (this.#assignment.size < plan.tasks.length) return false
    const inner = positions.filter(({ topic }) => plan.repartitionTopics.includes(topic))
    const marks = await broker.watermarks(inner)
    return inner.every(({ offset }, i) => offset >= (marks[i]?.end ?? 0))
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    if (partitions.length === 0) return []
    const started = performance.now()
    if (this.state === 'RUNNING') this.#enter('REBALANCING')
    const committed = await this.#parts.group.committed(partitions)
    const tasks = this.#tasksOf(partitions)
    const byThread = this.#assignment.add(tasks)
    const starts = await Promise.all(
      [...byThread].map(([thread, specs]) => this.#open(thread, specs, committed)),
    )
    if (this.state === 'REBALANCING') this.#enter('RUNNING')
    this.#rebalanced('assigned', started)
    return starts.flat()
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return
    const started = performance.now()
    await this.#commit()
    await this.#closeTasks(partitions)
    this.#rebalanced('revoked', started)
  }

  async #lost(partitions: readonly TopicPartition[]): Promise<void> {
    const started = performance.now()
    this.#parts.log.warn({ partitions }, 'partitions were lost: what was not committed is dropped')
    await this.#closeTasks(partitions)
    this.#rebalanced('lost', started)
  }

  async #open(
    thread: number,
    specs: readonly TaskSpec[],
    committed: readonly TopicPartitionOffset[],
  ): Promise<readonly TopicPartitionOffset[]> {
    // Counts cannot go on without the state behind them: where that is not on this machine, they are
    // made anew from all that the topic still has, and so come out too late but never too small.
    const marks = await this.#parts.broker.watermarks(specs)
    const tasks = specs.map((spec, i) => ({
      spec,
      offset: (spec.isStateful ? marks[i]?.start : offsetOf(spec, committed)) ?? 0,
      stopAt: this.#stopAt(spec),
    }))
    const answer = await this.#threads[thread]!.request({ kind: 'open', tasks })
    return answer.positions
  }

  #stopAt(spec: TaskSpec): number {
    const { ends } = this.#parts
    return ends === undefined || spec.alignmentSlot < 0 ? Infinity : (offsetOf(spec, ends) ?? 0)
  }

  async #closeTasks(partitions: readonly TopicPartition[]): Promise<void> {
    const byThread = this.#assignment.remove(this.#tasksOf(partitions))
    await Promise.allSettled(
      [...byThread].map(([thread, taskIds]) =>
        this.#threads[thread]!.request({ kind: 'close', taskIds }),
      ),
    )
    this.#gauge('kafka_consumer_assigned_partitions', this.#assignment.size)
  }

  #tasksOf(partitions: readonly TopicPartition[]): TaskSpec[] {
    return partitions.flatMap(({ topic, partition }) =>
      this.#parts.plan.tasks.filter((t) => t.topic === topic && t.partition === partition),
    )
  }

  #startThread(index: number): void {
    const { topologyUrl, plan, config, group } = this.#parts
    const slab = this.metrics[index + 1]!
    const handle = new ThreadHandle({
      threadId: slab.spec.threadId!,
      topology: topologyUrl,
      plan,
      config: {
        emitIntervalMs: config.emitIntervalMs,
        pollMs: config.pollMs,
        bufferedBytesMax: config.bufferedBytesMax,
        topicFormats: config.topicFormats,
      },
      channel: group.openChannel(index, () => this.#threads[index]?.vitals.wake()),
      metrics: slab.spec,
      alignment: this.#alignment,
      alignmentDriftMs: config.sourceAlignmentMaxDriftMs,
    })
    this.#threads[index] = handle
    this.#gauge('kafka_stream_alive_stream_threads', this.#threads.length)
    void handle.ended.then((end) => this.#threadEnded(index, handle, end))
  }

  async #threadEnded(index: number, handle: ThreadHandle, end: ThreadEnd): Promise<void> {
    await handle.release()
    if (end.how === 'stopped' || this.#stopping.signal.aborted) return
    this.#main.counter('kafka_stream_failed_stream_threads_total').add(1)
    this.metrics[index + 1]!.clearGauges()
    if (end.how === 'failed') {
      this.#fail(end.error)
      return
    }
    const nowMs = Date.now()
    this.#deathsMs.push(nowMs)
    const deaths = this.#deathsMs.filter((diedMs) => nowMs - diedMs < DEATHS_WINDOW_MS).length
    if (deaths > DEATHS_MAX) {
      this.#fail(end.error)
      return
    }
    const tasks = this.#assignment.tasksOf(index)
    const taskIds = tasks.map(({ taskId }) => taskId)
    this.#parts.log.error(
      { err: end.error, tasks: taskIds },
      'a thread died: its tasks are restored',
    )
    try {
      this.#startThread(index)
      await this.#open(index, tasks, await this.#parts.group.committed(tasks))
    } catch (error) {
      if (!this.#threads[index]!.hasEnded) this.#fail(error as Error)
    }
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#parts.log.error({ err: error }, 'the application fails')
    if (this.state !== 'NOT_RUNNING') this.#enter('PENDING_ERROR')
    this.#stopping.abort()
  }

  /** 1 commit, unless it failed  2 leave the group  3 stop the threads  4 end those that do not stop */
  async #close(): Promise<void> {
    const { group, config, log } = this.#parts
    const hasFailed = this.#failure !== undefined
    if (!hasFailed) this.#enter('PENDING_SHUTDOWN')
    this.#stopping.abort()
    const deadline = () => sleep(config.shutdownTimeoutMs, 'late' as const, { ref: false })
    const orderly = (async () => {
      if (!hasFailed) await this.#commit()
      await group.leave()
      await Promise.allSettled(this.#threads.map((thread) => thread.request({ kind: 'stop' })))
      await Promise.all(this.#threads.map(({ ended }) => ended))
    })()
    const how = await Promise.race([orderly.catch((error: unknown) => error as Error), deadline()])
    if (how === 'late') log.warn('the stop took too long: threads are ended by force')
    if (how instanceof Error) this.#failure ??= how
    this.#watchdog.stop()
    await Promise.all(this.#threads.map((thread) => this.#end(thread)))
    // Without threads it goes on: the group is left even then, if its broker answers.
    if (how === 'late') await Promise.race([orderly.catch(() => undefined), deadline()])
    this.#enter(this.#failure === undefined ? 'NOT_RUNNING' : 'ERROR')
  }

  async #end(thread: ThreadHandle): Promise<void> {
    // Ended in a transaction, a thread would take the whole process with it.
    while (!thread.hasEnded && thread.vitals.isInTransaction) await sleep(10)
    await thread.terminate()
    await thread.ended
  }

  get #main(): MetricSlab {
    return this.metrics[0]!
  }

  #gauge(name: Parameters<MetricSlab['gauge']>[0], value: number): void {
    this.#main.gauge(name).set(value)
  }

  #rebalanced(reason: 'assigned' | 'revoked' | 'lost', startedMs: number): void {
    const seconds = (performance.now() - startedMs) / 1_000
    this.#main.counter('kafka_consumer_rebalances_total', { reason }).add(1)
    this.#main.histogram('kafka_consumer_rebalance_duration_seconds').observe(seconds)
    this.#gauge('kafka_consumer_assigned_partitions', this.#assignment.size)
  }

  #enter(state: ClientState): void {
    if (this.state === 'PENDING_ERROR' && state !== 'ERROR') return
    this.state = transition(this.state, state)
    this.#gauge('kafka_stream_client_state', ordinalOf(this.state))
    this.#parts.log.debug({ state }, 'state')
  }
}

function offsetOf(
  { topic, partition }: TopicPartition,
  offsets: readonly TopicPartitionOffset[],
): number | undefined {
  return offsets.find((at) => at.topic === topic && at.partition === partition)?.offset
}
