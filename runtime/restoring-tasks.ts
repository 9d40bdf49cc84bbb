// The tasks of a thread whose stores are behind their changelogs: restored a step at a time, between those
// that run. The stream thread opens each when it is done.
import type { DataPort } from '../broker/ports.ts'
import type { TaskToOpen } from './messages.ts'
import { TaskBehind } from './task-behind.ts'
import { UNSAVED_BYTES_MAX } from './task-restore.ts'
import type { ThreadMetrics } from './thread-metrics.ts'

/** Tasks by their id. */
export class RestoringTasks {
  readonly #tasks = new Map<string, TaskBehind>()
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

  get all(): Iterable<TaskBehind> {
    return this.#tasks.values()
  }

  has(taskId: string): boolean {
    return this.#tasks.has(taskId)
  }

  /** Begins to restore a task. @returns false when all is there already. */
  begin(toOpen: TaskToOpen, port: DataPort): boolean {
    const { taskId } = toOpen.spec
    const share = (): number => UNSAVED_BYTES_MAX / Math.max(1, this.#tasks.size)
    const task = new TaskBehind(toOpen, 'restoring', port, share)
    if (task.environment.damage !== undefined) this.#metrics.discarded(taskId)
    const { isDone } = task.restore
    if (!isDone) this.#tasks.set(taskId, task)
    return !isDone
  }

  /** Goes a step on with each. @returns how many changelog records were read. */
  step(): number {
    if (this.#tasks.size === 0) return 0
    return this.#metrics.phases.in('restore', () => {
      let records = 0
      for (const [taskId, task] of this.#tasks) {
        const read = task.step()
        const { isDone, remaining } = task.restore
        this.#metrics.restored(taskId, read, remaining)
        records += read
        if (!isDone) continue
        task.close()
        this.#tasks.delete(taskId)
        this.#done(task.toOpen)
      }
      return records
    })
  }

  /** Gives a task up. @returns whether it was here. */
  close(taskId: string): boolean {
    this.#tasks.get(taskId)?.close()
    return this.#tasks.delete(taskId)
  }

  closeAll(): void {
    for (const taskId of this.taskIds) this.close(taskId)
  }
}
