// Has the threads of an instance keep copies of the state of tasks that others run: looks from time to time who
// runs what, and says which thread keeps which. Made by the stream client; moves of tasks call it.
import type { TopicPartitionOffset } from '../broker/ports.ts'
import type { Assignment } from './assignment.ts'
import type { ClientParts } from './client-parts.ts'
import { inputsOf, type TaskSpec } from './plan.ts'
import { standbysOf } from './standby-plan.ts'
import type { StreamThreads } from './stream-threads.ts'
import type { TaskBounds } from './task-bounds.ts'
import type { ThreadHandle } from './thread-handle.ts'

/** What copies need of their client. */
export interface StandbysParts extends Pick<
  ClientParts,
  'clock' | 'config' | 'group' | 'plan' | 'log'
> {
  readonly assignment: Assignment
  readonly threads: StreamThreads
  readonly bounds: TaskBounds
  /** Whether tasks are coming or going: those that go are in use though they are not assigned. */
  readonly isMoving: () => boolean
  /** Once aborted, no more is looked after. */
  readonly stopping: AbortSignal
}

const LOOK_MS = 2_000
/** The main thread stands still while the coordinator is asked: that may be this part of the time. */
const ASKING_SHARE = 0.02

/** The copies of one client. */
export class Standbys {
  readonly #parts: StandbysParts
  /** By task the thread that has a copy; the one that takes its place when it dies has none. */
  readonly #held = new Map<string, ThreadHandle>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: StandbysParts) {
    this.#parts = parts
  }

  /** Ids of the tasks of which a thread has copies. */
  of(thread: ThreadHandle): string[] {
    return [...this.#held].flatMap(([taskId, holder]) => (holder === thread ? [taskId] : []))
  }

  /** Looks after the copies until the client stops. */
  async run(): Promise<void> {
    const { clock, config, group, log, plan, stopping } = this.#parts
    if (config.numStandbyReplicas === 0 || !plan.isLogged) return
    if (group.members === undefined) {
      log.warn({}, 'no copies are kept: without the addon an instance knows of no others')
      return
    }
    if (config.stateStore === 'memory') {
      log.warn({}, 'no copies are kept: with state.store=memory there is no place for them')
      return
    }
    while (!stopping.aborted) {
      const askedMs = await this.#inTurn(() => this.#look()).catch((error: unknown) => {
        log.warn(
          { err: error },
          'who runs what could not be asked: copies of state stay where they are',
        )
        return LOOK_MS * ASKING_SHARE
      })
      await clock.sleep(Math.max(LOOK_MS, askedMs / ASKING_SHARE), stopping)
    }
  }

  /** Ends the copies of tasks that this instance is about to run: what they have is theirs then. */
  async release(tasks: readonly TaskSpec[]): Promise<void> {
    if (this.#held.size === 0) return
    await this.#inTurn(async () => {
      const threads = new Set<ThreadHandle>()
      for (const { taskId } of tasks) {
        const held = this.#held.get(taskId)
        if (held !== undefined) threads.add(held)
        this.#held.delete(taskId)
      }
      // One that ends has closed them by that.
      await Promise.allSettled([...threads].map((thread) => this.#tell(thread, [], undefined)))
    })
  }

  /** @returns for how long the main thread stood still, ms. */
  async #look(): Promise<number> {
    const { assignment, clock, config, group, isMoving, plan } = this.#parts
    if (isMoving()) return 0
    const startedMs = clock.monotonicMs()
    const members = group.members?.()
    const askedMs = clock.monotonicMs() - startedMs
    if (members === undefined) return askedMs
    const own = new Set([...assignment.all.values()].flat().map(({ taskId }) => taskId))
    const wanted = standbysOf(plan.tasks, members, config.numStandbyReplicas).filter(
      ({ taskId }) => !own.has(taskId),
    )
    await this.#hold(wanted)
    return askedMs
  }

  async #hold(wanted: readonly TaskSpec[]): Promise<void> {
    const { bounds, group, log, threads } = this.#parts
    const before = new Set(this.#held.keys())
    const missing = wanted.filter(({ taskId }) => {
      const held = this.#held.get(taskId)
      return held === undefined || !threads.handles.includes(held) || held.hasEnded
    })
    if (wanted.length === 0 && before.size === 0) return
    const inputs = wanted.flatMap(inputsOf)
    // Where offsets are part of the transaction, what can be read is committed.
    const committed =
      group.abort === undefined
        ? await group.committed(inputs)
        : inputs.map((input) => ({ ...input, offset: Infinity }))
    const toOpen = await bounds.of(missing, committed)
    const ids = new Set(wanted.map(({ taskId }) => taskId))
    const opened = new Map<ThreadHandle, typeof toOpen>()
    for (const [taskId] of this.#held) if (!ids.has(taskId)) this.#held.delete(taskId)
    for (const { taskId } of missing) this.#held.delete(taskId)
    for (const each of toOpen) {
      const thread = this.#leastLoaded()
      this.#held.set(each.spec.taskId, thread)
      opened.set(thread, [...(opened.get(thread) ?? []), each])
    }
    for (const thread of threads.handles) {
      // Nobody waits for one that hangs; what it has is opened anew in the one that takes its place.
      void this.#tell(thread, opened.get(thread) ?? [], committed).catch(() => undefined)
    }
    const after = [...this.#held.keys()]
    if (after.length === before.size && after.every((taskId) => before.has(taskId))) return
    log.info({ tasks: after.sort() }, 'copies of the state of tasks that other instances run')
  }

  async #tell(
    thread: ThreadHandle,
    open: Awaited<ReturnType<TaskBounds['of']>>,
    committed: readonly TopicPartitionOffset[] | undefined,
  ): Promise<void> {
    await thread.request({ kind: 'standby', taskIds: this.of(thread), open, committed })
  }

  #leastLoaded(): ThreadHandle {
    const { handles } = this.#parts.threads
    return handles.reduce((least, each) =>
      this.of(each).length < this.of(least).length ? each : least,
    )
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
