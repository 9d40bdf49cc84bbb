// The threads of one instance: starts them, replaces those that die or hang, and ends them. The stream
// client calls it, and is called for the tasks of a thread that was replaced.
import type { Group } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import { SourceAlignment } from './alignment.ts'
import type { Clock } from './clock.ts'
import { CrashingRows, type CarefulSpec } from './crashing-rows.ts'
import type { LaunchThread } from './launch.ts'
import { threadConfigOf, type ThreadAnswer, type ThreadRequest } from './messages.ts'
import type { MetricSlab } from './metrics/slab.ts'
import type { Plan, TaskSpec } from './plan.ts'
import type { RunLog } from './run-log.ts'
import { ThreadError, ThreadHandle, type ThreadEnd } from './thread-handle.ts'
import { Watchdog } from './watchdog.ts'

/**
 * A thread that dies is replaced; where threads die this often within a minute the application ends. The time that
 * they have hung before counts for nothing: six that hang would not fit into a minute.
 */
const DEATHS_MAX = 5
const DEATHS_WINDOW_MS = 60_000

/** What all threads are started with. */
export interface ThreadsParts {
  readonly topologyUrl: string
  readonly config: StreamsConfig
  readonly plan: Plan
  readonly group: Group
  /** How many there are at first. */
  readonly threads: number
  readonly log: RunLog
  readonly clock: Clock
  readonly launch: LaunchThread
}

/** Who knows the tasks that the threads run; threads are counted from 0. */
export interface ThreadsOwner {
  readonly tasksOf: (thread: number) => readonly TaskSpec[]
  /** Opens the tasks of a thread that died in the one that took its place. */
  readonly reopen: (thread: number, tasks: readonly TaskSpec[]) => Promise<void>
  /** Called when a thread gave up, died too often or could not be replaced. */
  readonly fail: (error: Error) => void
}

/** Kafka Streams' states of a thread, by their ordinals, as far as they occur here. */
const THREAD_STATE = { STARTING: 1, RUNNING: 4, PENDING_SHUTDOWN: 5, DEAD: 6 }

export class StreamThreads {
  readonly #parts: ThreadsParts
  readonly #metrics: readonly MetricSlab[]
  readonly #stopping: AbortSignal
  readonly #owner: ThreadsOwner
  readonly #handles: ThreadHandle[] = []
  /** Those that are to be added when they run. */
  readonly #starting = new Set<ThreadHandle>()
  readonly #alignment: SharedArrayBuffer
  readonly #watchdog: Watchdog
  readonly #deathsMs: number[] = []
  #hungMs = 0
  #config: StreamsConfig
  readonly #crashing: CrashingRows

  /**
   * @param metrics the main thread's slab first, then one a thread.
   * @param stopping once aborted, threads that end are not replaced.
   */
  constructor(
    parts: ThreadsParts,
    metrics: readonly MetricSlab[],
    stopping: AbortSignal,
    owner: ThreadsOwner,
  ) {
    const { plan, config, log, clock } = parts
    this.#parts = parts
    this.#config = config
    this.#metrics = metrics
    this.#stopping = stopping
    this.#owner = owner
    this.#crashing = new CrashingRows(config.recordCrashRetries, plan.tasks)
    this.#alignment = SourceAlignment.allocate(plan.alignmentSlots)
    this.#watchdog = new Watchdog(
      () => this.#config.workerHangTimeoutMs,
      log,
      () => this.#handles,
      clock,
    )
    this.#main.counter('kafka_stream_failed_stream_threads_total')
  }

  /** The threads that run now, or ended and were not replaced. */
  get handles(): readonly ThreadHandle[] {
    return this.#handles
  }

  /** Threads that hang right now, one sentence each. */
  get problems(): string[] {
    return this.#watchdog.problems
  }

  /** Starts all threads, and the watch over them. */
  start(): void {
    const { threads } = this.#parts
    this.#main.gauge('kafka_stream_configured_stream_threads').set(threads)
    for (let i = 0; i < threads; i++) this.#start(i)
    this.#watchdog.start()
  }

  /**
   * Starts those that are missing to so many; resolves when they run. Until then they are none of the
   * others': no commit waits for them. @throws ThreadError when one ends first; then none is left.
   */
  async grow(threads: number): Promise<void> {
    const from = this.#handles.length
    const started = Array.from({ length: Math.max(0, threads - from) }, (_, i) =>
      this.#launch(from + i),
    )
    for (const handle of started) this.#starting.add(handle)
    try {
      await Promise.all(started.map((handle) => handle.request({ kind: 'close', taskIds: [] })))
      this.#stopping.throwIfAborted()
    } catch (error) {
      await Promise.all(started.map((handle) => this.#endByForce(handle)))
      throw error
    } finally {
      for (const handle of started) this.#starting.delete(handle)
    }
    for (const handle of started) this.#enter(this.#handles.push(handle) - 1, THREAD_STATE.RUNNING)
    this.#main.gauge('kafka_stream_configured_stream_threads').set(threads)
    this.#tellAlive()
    // Meanwhile the settings may have changed.
    await this.reconfigure(this.#config)
  }

  /** Stops those above so many, which must have no tasks any more; resolves when they have ended. */
  async shrink(threads: number): Promise<void> {
    this.#main.gauge('kafka_stream_configured_stream_threads').set(threads)
    const retired = this.#handles.splice(threads)
    this.#tellAlive()
    await Promise.allSettled(retired.map((handle) => handle.request({ kind: 'stop' })))
    await Promise.all(retired.map(({ ended }) => ended))
  }

  /** Asks a thread and awaits its answer. @throws ThreadError when it ends first. */
  request(thread: number, request: ThreadRequest): Promise<ThreadAnswer> {
    return this.#handles[thread]!.request(request)
  }

  /** Has all threads, and those that replace them, go on with other settings; resolves when they do. */
  async reconfigure(config: StreamsConfig): Promise<void> {
    this.#config = config
    const share = threadConfigOf(config, this.#handles.length)
    const request = { kind: 'configure', config: share } as const
    // One that dies meanwhile is replaced by one that has them.
    await Promise.allSettled(this.#handles.map((handle) => handle.request(request)))
  }

  /** Asks all threads to stop; resolves when they have ended. */
  async stop(): Promise<void> {
    this.#handles.forEach((_, index) => this.#enter(index, THREAD_STATE.PENDING_SHUTDOWN))
    await Promise.allSettled(this.#handles.map((handle) => handle.request({ kind: 'stop' })))
    await Promise.all(this.#handles.map(({ ended }) => ended))
  }

  /** Ends by force what still runs; resolves when no thread is left. */
  async end(): Promise<void> {
    this.#watchdog.stop()
    const all = [...this.#handles, ...this.#starting]
    await Promise.all(all.map((handle) => this.#endByForce(handle)))
  }

  #start(index: number, careful?: CarefulSpec): void {
    const handle = this.#launch(index, careful)
    this.#handles[index] = handle
    this.#tellAlive()
    void handle.request({ kind: 'close', taskIds: [] }).then(
      () => this.#enter(index, THREAD_STATE.RUNNING),
      () => undefined,
    )
  }

  /** @param careful for one that takes the place of one that died. */
  #launch(index: number, careful?: CarefulSpec): ThreadHandle {
    const { topologyUrl, plan, group, launch } = this.#parts
    const slab = this.#metrics[index + 1]!
    const spec = {
      threadId: slab.spec.threadId!,
      topology: topologyUrl,
      plan,
      config: threadConfigOf(this.#config, Math.max(index + 1, this.#parts.threads)),
      channel: group.openChannel(index, () => this.#handles[index]?.vitals.wake()),
      metrics: slab.spec,
      alignment: this.#alignment,
      careful,
    }
    const handle = new ThreadHandle(spec, launch)
    this.#enter(index, THREAD_STATE.STARTING)
    void handle.ended.then((end) => this.#ended(index, handle, end))
    return handle
  }

  async #ended(index: number, handle: ThreadHandle, end: ThreadEnd): Promise<void> {
    this.#tellAlive()
    await handle.release()
    if (this.#handles[index] !== handle) {
      // It was to end, whether it could do so in good order or not; another one may have its number by now.
      if (this.#handles[index] === undefined) this.#metrics[index + 1]!.clearGauges()
      return
    }
    this.#enter(index, THREAD_STATE.DEAD)
    if (end.how === 'stopped' || this.#stopping.aborted) return
    this.#main.counter('kafka_stream_failed_stream_threads_total').add(1)
    this.#metrics[index + 1]!.clearGauges()
    this.#enter(index, THREAD_STATE.DEAD)
    this.#letGoInputsOf(index)
    const verdict = this.#crashing.died(handle.vitals)
    // What is found is the topology's to decide on; it will not be died of again.
    if (verdict === 'found') this.#deathsMs.length = 0
    if (this.#watchdog.hasEnded(handle)) this.#hungMs += this.#config.workerHangTimeoutMs
    if (end.how === 'failed') this.#owner.fail(end.error)
    else if (typeof verdict === 'object') this.#owner.fail(deathOf(verdict.message, end.error))
    else if (this.#isOneDeathTooMany()) this.#owner.fail(end.error)
    else await this.#replace(index, end.error)
  }

  /** Where the inputs of a dead thread stood holds nobody up, though others of the group may have its tasks by now. */
  #letGoInputsOf(dead: number): void {
    const { alignmentSlots } = this.#parts.plan
    const others = this.#handles.flatMap((_, i) => (i === dead ? [] : this.#owner.tasksOf(i)))
    const held = new Set(others.flatMap(({ inputs }) => inputs.map((each) => each.alignmentSlot)))
    const alignment = new SourceAlignment(this.#alignment, alignmentSlots, -1)
    for (let slot = 0; slot < alignmentSlots; slot++) if (!held.has(slot)) alignment.idle(slot)
  }

  #isOneDeathTooMany(): boolean {
    const nowMs = this.#parts.clock.monotonicMs() - this.#hungMs
    this.#deathsMs.push(nowMs)
    const deaths = this.#deathsMs.filter((diedMs) => nowMs - diedMs < DEATHS_WINDOW_MS).length
    return deaths > DEATHS_MAX
  }

  async #replace(index: number, error: Error): Promise<void> {
    const tasks = this.#owner.tasksOf(index)
    const taskIds = tasks.map(({ taskId }) => taskId)
    this.#parts.log.error({ err: error, tasks: taskIds }, 'a thread died: its tasks are restored')
    const dead = this.#handles[index]
    try {
      this.#start(index, this.#crashing.spec)
      await this.#owner.reopen(index, tasks)
    } catch (error) {
      const started = this.#handles[index]
      // A new thread that has died in its turn is replaced in its turn.
      if (started === dead || started?.hasEnded !== true) this.#owner.fail(error as Error)
    }
  }

  async #endByForce(handle: ThreadHandle): Promise<void> {
    // Ended in a transaction, a thread would take the whole process with it.
    while (!handle.hasEnded && handle.vitals.isInTransaction) await this.#parts.clock.sleep(10)
    await handle.terminate()
    await handle.ended
  }

  #enter(index: number, state: number): void {
    this.#metrics[index + 1]!.gauge('kafka_stream_thread_state').set(state)
  }

  #tellAlive(): void {
    const alive = this.#handles.filter(({ hasEnded }) => !hasEnded).length
    this.#main.gauge('kafka_stream_alive_stream_threads').set(alive)
  }

  get #main(): MetricSlab {
    return this.#metrics[0]!
  }
}

const deathOf = (message: string, { stack }: ThreadError): ThreadError =>
  new ThreadError({ code: 'MILLRACE_THREAD_DIED', message, stack })
