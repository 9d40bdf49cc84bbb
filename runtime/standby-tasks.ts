// The copies that a thread keeps of the state of tasks which other instances run: brought on a step at a
// time, on the disk alone, and never for long while there are records to process. The stream thread calls it.
import type { DataPort } from '../broker/ports.ts'
import type { ThreadParts } from './launch.ts'
import type { TaskToOpen, ThreadRequest } from './messages.ts'
import { TaskBehind } from './task-behind.ts'
import type { ThreadMetrics } from './thread-metrics.ts'
import type { Vitals } from './vitals.ts'

interface Copy {
  readonly task: TaskBehind
  /** When it is looked at again, by the clock that never goes back. */
  dueMs: number
}

/** One for which nothing was at hand is looked at again after this: each look that finds something is a write. */
const REST_MS = 1_000
/** While there are records to process, copies get this part of a thread's time. */
const BUSY_SHARE = 0.1

/** Copies by the ids of their tasks. */
export class StandbyTasks {
  readonly #copies = new Map<string, Copy>()
  readonly #port: DataPort
  readonly #metrics: ThreadMetrics
  readonly #vitals: Vitals
  readonly #clock: ThreadParts['clock']
  #restUntilMs = 0

  constructor(port: DataPort, metrics: ThreadMetrics, vitals: Vitals, clock: ThreadParts['clock']) {
    this.#port = port
    this.#metrics = metrics
    this.#vitals = vitals
    this.#clock = clock
  }

  get size(): number {
    return this.#copies.size
  }

  *all(): Iterable<TaskBehind> {
    for (const { task } of this.#copies.values()) yield task
  }

  /** Keeps copies of these tasks and no others. */
  keep({ taskIds, open, committed }: Extract<ThreadRequest, { kind: 'standby' }>): void {
    for (const taskId of [...this.#copies.keys()]) {
      if (!taskIds.includes(taskId)) this.close(taskId)
    }
    for (const toOpen of open) this.#open(toOpen)
    if (committed === undefined) return
    for (const { task } of this.#copies.values()) {
      const { partition } = task.spec
      task.restore.inputsCommitted(committed.filter((of) => of.partition === partition))
    }
  }

  /** Goes a step on with one of them, if it is time. */
  step(isBusy: boolean): void {
    const startMs = this.#clock.monotonicMs()
    if (this.#copies.size === 0 || startMs < this.#restUntilMs) return
    for (const [taskId, copy] of this.#copies) {
      if (startMs < copy.dueMs) continue
      // Behind all others: each has its turn.
      this.#copies.delete(taskId)
      this.#copies.set(taskId, copy)
      this.#metrics.phases.in('restore', () => this.#step(taskId, copy, startMs))
      const tookMs = this.#clock.monotonicMs() - startMs
      this.#restUntilMs = startMs + (isBusy ? tookMs / BUSY_SHARE : tookMs)
      return
    }
  }

  /** Gives a copy up; what it has stays on the disk. */
  close(taskId: string): void {
    const copy = this.#copies.get(taskId)
    if (copy === undefined) return
    copy.task.close()
    this.#port.closeState(taskId)
    this.#copies.delete(taskId)
    this.#metrics.copied(taskId, 0, NaN)
  }

  closeAll(): void {
    for (const taskId of [...this.#copies.keys()]) this.close(taskId)
  }

  #open(toOpen: TaskToOpen): void {
    const { taskId } = toOpen.spec
    this.close(taskId)
    const task = new TaskBehind(toOpen, 'copy', this.#port)
    if (task.environment.damage !== undefined) this.#metrics.discarded(taskId)
    this.#copies.set(taskId, { task, dueMs: 0 })
    this.#metrics.copied(taskId, 0, task.restore.remaining)
  }

  /** @returns how many changelog records were read. */
  #step(taskId: string, copy: Copy, nowMs: number): number {
    const { task } = copy
    let records = 0
    this.#vitals.inTransaction(() => {
      task.environment.transaction(() => {
        records = task.step()
      })
    })
    this.#metrics.copied(taskId, records, task.restore.remaining)
    if (records === 0) copy.dueMs = nowMs + REST_MS
    return records
  }
}
