// State that tasks keep in memory alone (`state.store=memory`): nothing of it is on the disk, and what is restored is
// held only until its task has taken it in. Changelogs have it all.
import { MemoryState } from '../memory-state.ts'
import type { StateEnvironment } from '../state-environment.ts'

/** What a worker keeps of its tasks' state. */
export class VolatileStates {
  readonly #open = new Map<string, StateEnvironment>()

  /** The task's environment; empty where it is not open. */
  open(taskId: string): StateEnvironment {
    let environment = this.#open.get(taskId)
    if (environment === undefined) {
      environment = { ...new MemoryState().environment(''), isVolatile: true }
      this.#open.set(taskId, environment)
    }
    return environment
  }

  /** Forgets what it has of a task. */
  close(taskId: string): void {
    this.#open.delete(taskId)
  }

  closeAll(): void {
    this.#open.clear()
  }
}
