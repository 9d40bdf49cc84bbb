// Questions to the stores of one thread, answered between two steps of its tasks. Where the asker takes state that
// is behind, it is read into memory first, a little at a time, and stays there while it is asked for.
import { askStores, type AskedGlobals, type AskedTask } from './store-query.ts'
import type { StoreAnswer, StoreQuery } from './store-query.ts'
import type { ViewSurroundings } from './store-view.ts'
import type { TaskBehind } from './task-behind.ts'

/** What questions need of their thread. */
export interface ThreadQueriesParts extends ViewSurroundings {
  readonly clock: { readonly monotonicMs: () => number }
  readonly globals: AskedGlobals
  readonly tasks: () => Iterable<AskedTask>
  readonly behind: () => Iterable<TaskBehind>
}

interface Waiting {
  readonly query: StoreQuery
  readonly answer: (store: StoreAnswer) => void
  tookMs: number
}

/** Reading state into memory takes no more of a step: tasks run beside it. */
const SLICE_MS = 5
/** State that nobody has asked for so long is given up. */
const UNASKED_MS_MAX = 30_000

/** The questions to one thread. */
export class ThreadQueries {
  readonly #parts: ThreadQueriesParts
  #waiting: Waiting[] = []
  #hasViews = false

  constructor(parts: ThreadQueriesParts) {
    this.#parts = parts
  }

  /** Whether state is being read for somebody who waits. */
  get isBusy(): boolean {
    return this.#waiting.length > 0
  }

  /** Answers at once, or in a later step. */
  ask(query: StoreQuery, answer: (store: StoreAnswer) => void): void {
    this.#waiting.push({ query, answer, tookMs: 0 })
    if (query.allowStale !== true) this.#answerReady(this.#parts.clock.monotonicMs())
  }

  /** Goes on reading, and answers those for whom all is there. */
  step(): void {
    if (!this.#hasViews && this.#waiting.length === 0) return
    const startMs = this.#parts.clock.monotonicMs()
    this.#hasViews = this.#forgetUnasked(startMs)
    for (const { query } of this.#waiting) this.#want(query, startMs)
    this.#load(startMs)
    this.#answerReady(startMs)
  }

  #answerReady(startMs: number): void {
    const { clock, globals, tasks } = this.#parts
    this.#waiting = this.#waiting.filter((each) => {
      const { query, answer } = each
      const behind = query.allowStale === true ? this.#behindWith(query.store) : []
      if (!this.#isReady(behind, query.store)) {
        each.tookMs += clock.monotonicMs() - startMs
        return true
      }
      const copies = behind.map((task) => ({
        partition: task.spec.partition,
        state: task.view!.state,
        stores: { all: task.spec.stores.map((name) => ({ name })) },
        stale: { from: task.kind, lag: task.restore.remaining },
      }))
      const store = askStores([...tasks(), ...copies], globals, query)
      answer({ ...store, tookMs: each.tookMs + clock.monotonicMs() - startMs })
      return false
    })
  }

  /** Whether all of a store is there of these tasks, up to what they have read by now. */
  #isReady(tasks: readonly TaskBehind[], store: string): boolean {
    for (const task of tasks) {
      if (task.view?.has(store) === true && !task.view.isLoading) task.restore.save()
    }
    return tasks.every(({ view }) => view?.has(store) === true)
  }

  #want({ store, allowStale }: StoreQuery, nowMs: number): void {
    if (allowStale !== true) return
    for (const task of this.#behindWith(store)) {
      task.wanted(store, nowMs, this.#parts)
      this.#hasViews = true
    }
  }

  #load(startMs: number): void {
    const { behind, clock } = this.#parts
    for (const { view } of behind()) {
      while (view?.isLoading === true) {
        if (clock.monotonicMs() - startMs > SLICE_MS) return
        view.step()
      }
    }
  }

  /** @returns whether any are left. */
  #forgetUnasked(nowMs: number): boolean {
    let isAny = false
    for (const task of this.#parts.behind()) {
      if (task.view === undefined) continue
      if (nowMs - task.view.askedMs > UNASKED_MS_MAX) task.forget()
      else isAny = true
    }
    return isAny
  }

  #behindWith(store: string): TaskBehind[] {
    return [...this.#parts.behind()].filter(({ spec }) => spec.stores.includes(store))
  }
}
