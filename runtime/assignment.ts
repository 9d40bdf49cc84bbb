// Which thread owns which task. A task stays where it is; new ones go to the thread with the fewest.
import type { TaskSpec } from './plan.ts'

/** Owners by task id; threads are counted from 0. */
export class Assignment {
  #threads: number
  readonly #owners = new Map<string, { readonly spec: TaskSpec; readonly thread: number }>()

  constructor(threads: number) {
    this.#threads = threads
  }

  /** Gives tasks to threads; equal shares of each sub-topology, so that no thread has all of one. */
  add(tasks: readonly TaskSpec[]): Map<number, TaskSpec[]> {
    const added = new Map<number, TaskSpec[]>()
    const shares = new Shares(this.#threads)
    for (const { spec, thread } of this.#owners.values()) shares.add(spec, thread)
    for (const spec of tasks) {
      const owner = this.#owners.get(spec.taskId)
      const thread = owner?.thread ?? shares.least(spec.subtopology)
      if (owner === undefined) shares.add(spec, thread)
      this.#owners.set(spec.taskId, { spec, thread })
      const others = added.get(thread)
      if (others === undefined) added.set(thread, [spec])
      else others.push(spec)
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

  /**
   * Goes over to so many threads, and takes away the tasks that must leave theirs for equal shares: as few
   * as will do. `add` gives them to others. @returns them, and their ids by the thread that had them.
   */
  resize(threads: number): { readonly tasks: TaskSpec[]; readonly from: Map<number, string[]> } {
    const shares = new Shares(threads)
    const leaving = new Set<TaskSpec>()
    for (const { spec, thread } of this.#owners.values()) {
      if (thread < threads) shares.add(spec, thread)
      else leaving.add(spec)
    }
    for (const spec of leaving) shares.add(spec, shares.least(spec.subtopology))
    for (const spec of shares.even()) leaving.add(spec)
    const tasks = [...leaving]
    const from = this.remove(tasks)
    this.#threads = threads
    return { tasks, from }
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
}

/** Who would have which tasks. */
class Shares {
  readonly #byThread: readonly TaskSpec[][]

  constructor(threads: number) {
    this.#byThread = Array.from({ length: threads }, () => [])
  }

  add(spec: TaskSpec, thread: number): void {
    this.#byThread[thread]!.push(spec)
  }

  /** The thread with the fewest tasks of a sub-topology, and among those with the fewest of all. */
  least(subtopology: number): number {
    return this.#extremes(subtopology).least
  }

  /** Moves tasks until no move makes shares more equal. @returns those that were moved. */
  even(): TaskSpec[] {
    const moved: TaskSpec[] = []
    const parts = new Set(this.#byThread.flat().map(({ subtopology }) => subtopology))
    for (let isEven = false; !isEven;) {
      isEven = true
      for (const part of parts) {
        const { most, least } = this.#extremes(part)
        const same = this.#count(most, part) - this.#count(least, part)
        const all = this.#byThread[most]!.length - this.#byThread[least]!.length
        if (same < 1 || (same === 1 && all < 2)) continue
        isEven = false
        const at = this.#byThread[most]!.findIndex(({ subtopology }) => subtopology === part)
        const [spec] = this.#byThread[most]!.splice(at, 1)
        this.add(spec!, least)
        moved.push(spec!)
      }
    }
    return moved
  }

  #extremes(subtopology: number): { readonly most: number; readonly least: number } {
    let [most, least] = [0, 0]
    for (let thread = 1; thread < this.#byThread.length; thread++) {
      if (this.#load(thread, subtopology) > this.#load(most, subtopology)) most = thread
      if (this.#load(thread, subtopology) < this.#load(least, subtopology)) least = thread
    }
    return { most, least }
  }

  #load(thread: number, subtopology: number): number {
    return this.#count(thread, subtopology) * 100_000 + this.#byThread[thread]!.length
  }

  #count(thread: number, subtopology: number): number {
    return this.#byThread[thread]!.filter((spec) => spec.subtopology === subtopology).length
  }
}
