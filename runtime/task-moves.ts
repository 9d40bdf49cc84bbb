// Which tasks run on which thread, and every change of that: by the group, by a thread that died, by another
// number of threads. The stream client makes it, the group and the threads call it.
import {
  BrokerError,
  placeOf,
  type TopicPartition,
  type TaskPosition,
  type TopicPartitionOffset,
} from '../broker/ports.ts'
import { Assignment } from './assignment.ts'
import type { ClientParts } from './client-parts.ts'
import type { ClientStatus } from './client-status.ts'
import type { Committer } from './committer.ts'
import { inputsOf, type TaskSpec } from './plan.ts'
import type { StreamThreads } from './stream-threads.ts'
import { patiently, type TaskBounds } from './task-bounds.ts'
import { ThreadError } from './thread-handle.ts'

/** What moves of tasks need of their client. */
export interface MovesParts extends Pick<ClientParts, 'group' | 'plan' | 'log' | 'clock'> {
  readonly assignment: Assignment
  readonly threads: StreamThreads
  readonly bounds: TaskBounds
  readonly committer: Committer
  readonly status: ClientStatus
  /** Once aborted, nothing is waited for any more. */
  readonly stopping: AbortSignal
  /** Commits; answers undefined when it came to nothing. */
  readonly commit: () => Promise<unknown>
  /** Undoes what was done since the last commit, and begins there again. */
  readonly rewind: () => Promise<void>
  /** Ends the copies of tasks that are about to run here. */
  readonly release: (tasks: readonly TaskSpec[]) => Promise<void>
  /** Ends the application. */
  readonly fail: (error: Error) => void
}

/** How often a commit before a move is tried: without it what came since the last one is done again. */
const COMMITS_MAX = 3

/** The changes of one client's assignment, one after the other. */
export class TaskMoves {
  readonly #parts: MovesParts
  #last: Promise<unknown> = Promise.resolve()
  /** Whether tasks are on no thread because they move between two of this client. */
  isUnderWay = false
  #inWork = 0

  constructor(parts: MovesParts) {
    this.#parts = parts
  }

  /** Whether there is a change now. */
  get isBusy(): boolean {
    return this.#inWork > 0
  }

  /** The group gives partitions. @returns where each is read from. */
  assigned(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    if (partitions.length === 0) return Promise.resolve([])
    return this.#inTurn(async () => {
      const { assignment, status } = this.#parts
      const started = performance.now()
      if (status.state === 'RUNNING') status.enter('REBALANCING')
      const starts = await this.#openAll(this.#tasksOf(partitions), partitions)
      if (status.state === 'REBALANCING') status.enter('RUNNING')
      status.rebalanced('assigned', started, assignment.size)
      return starts
    })
  }

  /** The group takes partitions away, in good order. */
  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return
    await this.#inTurn(async () => {
      const { assignment, commit, committer, status } = this.#parts
      const started = performance.now()
      // Out of the assignment first: a commit that comes to nothing opens what is assigned again.
      const leaving = assignment.remove(this.#tasksOf(partitions))
      // What a task did after its last commit would be committed with the others', and done again elsewhere.
      await this.#tell('seal', leaving)
      await commit()
      // After a commit that is under way: one that went on would be in the generation of the next owner.
      await committer.inTurn(() => this.#tell('close', leaving))
      status.rebalanced('revoked', started, assignment.size)
    })
  }

  /** Partitions are another's already. */
  lost(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, committer, group, log, rewind, status } = this.#parts
    log.warn({ partitions }, 'partitions were lost: what was not committed is dropped')
    return this.#inTurn(async () => {
      const started = performance.now()
      const lost = assignment.remove(this.#tasksOf(partitions))
      // What the lost tasks produced must not be committed with what the others did, nor by a commit that
      // comes first: without their offsets the broker would not know that they are lost.
      if (group.abort !== undefined) await rewind()
      await committer.inTurn(() => this.#tell('close', lost))
      status.rebalanced('lost', started, assignment.size)
    })
  }

  /**
   * Goes over to another number of threads, while the tasks that stay run on: 1 those that move are sealed
   * 2 what they did is committed  3 they are closed, and opened on their new threads  4 threads that have
   * none any more stop. `grow` is called before threads are added.
   * @throws ThreadError when a thread cannot be started; then all stays as it was.
   */
  resize(threads: number, grow: () => void): Promise<void> {
    return this.#inTurn(async () => {
      const { assignment, committer, log, stopping, threads: all } = this.#parts
      const before = all.handles.length
      if (threads === before || stopping.aborted) return
      const started = performance.now()
      grow()
      const grown = await all.grow(threads).catch((error: unknown) => {
        // Who stops needs no more threads.
        if (!stopping.aborted) throw error
        return 'stopping' as const
      })
      if (grown === 'stopping') return
      const { tasks, from } = assignment.resize(threads)
      await this.#move(tasks, from)
      // A commit that asked a thread must find it when it tells it to go on.
      await committer.inTurn(() => all.shrink(threads))
      const ms = Math.round(performance.now() - started)
      const moved = tasks.map(({ taskId }) => taskId)
      log.info({ from: before, to: threads, moved, ms }, 'stream threads')
    })
  }

  /** Has all tasks begin again where they stand: what is decided as a task opens is decided anew. */
  renew(): Promise<void> {
    return this.#inTurn(async () => {
      const { assignment, stopping } = this.#parts
      const tasks = [...assignment.all.values()].flat()
      if (!stopping.aborted) await this.#move(tasks, assignment.remove(tasks))
    })
  }

  /** Has tasks that are out of the assignment leave their threads in good order, and begin on others. */
  async #move(
    tasks: readonly TaskSpec[],
    from: ReadonlyMap<number, readonly string[]>,
  ): Promise<void> {
    const { commit, stopping } = this.#parts
    this.isUnderWay = true
    await this.#tell('seal', from)
    for (let i = 0; i < COMMITS_MAX && !stopping.aborted; i++) {
      if ((await commit()) !== undefined) break
    }
    await this.#tell('close', from)
    await this.#openAll(tasks, tasks.flatMap(inputsOf)).catch((error: Error) =>
      this.#parts.fail(error),
    )
    this.isUnderWay = false
  }

  /** Opens the tasks of a thread again, at what was committed. */
  reopen(thread: number, tasks: readonly TaskSpec[]): Promise<unknown> {
    const { clock, committer, group, stopping } = this.#parts
    const inputs = tasks.flatMap(inputsOf)
    return committer.inTurn(async () =>
      this.open(thread, tasks, await patiently(() => group.committed(inputs), stopping, clock)),
    )
  }

  /** Opens tasks on a thread, as far as they are still its own. @returns where each is read from. */
  async open(
    thread: number,
    specs: readonly TaskSpec[],
    committed: readonly TaskPosition[],
  ): Promise<readonly TopicPartitionOffset[]> {
    const { assignment, bounds, clock, release, stopping, threads } = this.#parts
    await release(specs)
    const asked = await patiently(() => bounds.of(specs, committed), stopping, clock)
    // Meanwhile some may have been taken away.
    const owned = new Set(assignment.tasksOf(thread).map(({ taskId }) => taskId))
    const tasks = asked.filter(({ spec }) => owned.has(spec.taskId))
    const answer = await threads.request(thread, { kind: 'open', tasks })
    return answer.positions
  }

  /** Opens all tasks of the client again. A thread that dies meanwhile is replaced, and begins this anew. */
  async reopenAll(): Promise<void> {
    const { assignment, clock, group, stopping } = this.#parts
    const byThread = assignment.all
    const inputs = [...byThread.values()].flat().flatMap(inputsOf)
    const committed = await patiently(() => group.committed(inputs), stopping, clock)
    const opening = [...byThread].map(([thread, specs]) => this.open(thread, specs, committed))
    for (const opened of await Promise.allSettled(opening)) {
      if (opened.status === 'rejected' && opened.reason instanceof BrokerError) {
        throw opened.reason
      }
    }
  }

  /** What a task does while a transaction is undone would be in none. */
  async #openAll(
    tasks: readonly TaskSpec[],
    partitions: readonly TopicPartition[],
  ): Promise<TopicPartitionOffset[]> {
    const { assignment, clock, committer, group, stopping } = this.#parts
    const opened = await committer.inTurn(async () => {
      const committed = await patiently(() => group.committed(partitions), stopping, clock)
      // Not before its turn: a rewind would open them too, and what they did would be done twice.
      const opening = [...assignment.add(tasks)].map(([thread, specs]) =>
        this.open(thread, specs, committed),
      )
      return Promise.allSettled(opening)
    })
    return opened.flatMap((each) => {
      if (each.status === 'fulfilled') return [...each.value]
      // A thread that died meanwhile is replaced, and opens them then.
      if (each.reason instanceof ThreadError) return []
      throw each.reason
    })
  }

  async #tell(
    kind: 'seal' | 'close',
    byThread: ReadonlyMap<number, readonly string[]>,
  ): Promise<void> {
    const { assignment, status, threads } = this.#parts
    await Promise.allSettled(
      [...byThread].map(([thread, taskIds]) => threads.request(thread, { kind, taskIds })),
    )
    status.assigned(assignment.size)
  }

  #tasksOf(partitions: readonly TopicPartition[]): TaskSpec[] {
    const assigned = new Set(partitions.map(placeOf))
    return this.#parts.plan.tasks.filter((task) =>
      inputsOf(task).some((input) => assigned.has(placeOf(input))),
    )
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#inWork += 1
    const done = this.#last.then(work).finally(() => (this.#inWork -= 1))
    this.#last = done.catch(() => undefined)
    return done
  }
}
