// The tasks of a thread whose stores are behind their changelogs: restored a step at a time, between those
// that run. The stream thread opens each when it is done.
import type { TaskToOpen } from './messages.ts'
import type { TaskRestore } from './task-restore.ts'
import type { ThreadMetrics } from './thread-metrics.ts'

interface Restoring {
  readonly toOpen: TaskToOpen
  readonly restore: TaskRestore
}

/** Tasks by their id. */
export class RestoringTasks {
  readonly #tasks = new Map<string, Restoring>()
  readonly #metrics: ThreadMetrics
  readonly #done: (task: TaskToOpen) => void

  /** `done` is called with a task whose stores are restored. */
  constructor(metrics: ThreadMetrics, done: (task: TaskToOpen) => void) {
    this.#metrics = metrics
    this.#done = done
  }

  get size(): number {
    return this.#tasks.size
  }

  get taskIds(): string[] {
    return [...this.#tasks.keys()]
  }

  has(taskId: string): boolean {
    return this.#tasks.has(taskId)
  }

  add(toOpen: TaskToOpen, restore: TaskRestore): void {
    this.#tasks.set(toOpen.spec.taskId, { toOpen, restore })
  }

  /** Goes a step on with each. @returns how many changelog records were read. */
  step(): number {
    if (this.#tasks.size === 0) return 0
    return this.#metrics.in('restore', () => {
      let records = 0
      for (const [taskId, { toOpen, restore }] of this.#tasks) {
        const read = restore.step()
        this.#metrics.restored(taskId, read, restore.remaining)
        records += read
        if (!restore.isDone) continue
        this.#tasks.delete(taskId)
        this.#done(toOpen)
      }
      return records
    })
  }

  /** Gives a task up. @returns whether it was here. */
  close(taskId: string): boolean {
    this.#tasks.get(taskId)?.restore.close()
    return this.#tasks.delete(taskId)
  }

  closeAll(): void {
    for (const taskId of this.taskIds) this.close(taskId)
  }
}
