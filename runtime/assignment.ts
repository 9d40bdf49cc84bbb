// Which thread owns which task. A task stays where it is; new ones go to the thread with the fewest.
import type { TaskSpec } from './plan.ts'

/** Owners by task id; threads are counted from 0. */
export class Assignment {
  readonly #threads: number
  readonly #owners = new Map<string, { readonly spec: TaskSpec; readonly thread: number }>()

  constructor(threads: number) {
    this.#threads = threads
  }

  /** Gives tasks to threads; equal shares of each sub-topology, so that no thread has all of one. */
  add(tasks: readonly TaskSpec[]): Map<number, TaskSpec[]> {
    const added = new Map<number, TaskSpec[]>()
    for (const spec of tasks) {
      const thread = this.#owners.get(spec.taskId)?.thread ?? this.#leastLoaded(spec.subtopology)
      this.#owners.set(spec.taskId, { spec, thread })
      added.set(thread, [...(added.get(thread) ?? []), spec])
    }
    return added
  }

  /** Takes tasks away; by the thread that owned them. */
  remove(tasks: readonly TaskSpec[]): Map<number, string[]> {
    const removed = new Map<number, string[]>()
    for (const { taskId } of tasks) {
      const owner = this.#owners.get(taskId)
      if (owner === undefined) continue
      this.#owners.delete(taskId)
      removed.set(owner.thread, [...(removed.get(owner.thread) ?? []), taskId])
    }
    return removed
  }

  /** The tasks of a thread. */
  tasksOf(thread: number): TaskSpec[] {
    return [...this.#owners.values()].flatMap((owner) =>
      owner.thread === thread ? [owner.spec] : [],
    )
  }

  /** All tasks, by the thread that owns them. */
  get all(): Map<number, TaskSpec[]> {
    return this.add([...this.#owners.values()].map(({ spec }) => spec))
  }

  get size(): number {
    return this.#owners.size
  }

  #leastLoaded(subtopology: number): number {
    let best = 0
    let bestLoad = Infinity
    for (let thread = 0; thread < this.#threads; thread++) {
      const tasks = this.tasksOf(thread)
      const same = tasks.filter((task) => task.subtopology === subtopology).length
      const load = same * 1_000 + tasks.length
      if (load < bestLoad) [best, bestLoad] = [thread, load]
    }
    return best
  }
}
