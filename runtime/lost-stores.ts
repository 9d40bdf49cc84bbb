// Saved state that no store of the topology claims: a store was renamed, or dropped. To begin with an empty store
// under the new name would lose what was counted without a word. Kafka Streams leaves such changelogs lying about.
import { storeNamesOf, type Plan } from './plan.ts'
import type { TaskCheckpoints } from './task-checkpoints.ts'

/** The topology has other stores than those that there is state of. */
export class LostStoresError extends Error {
  override readonly name = 'LostStoresError'
  readonly code = 'MILLRACE_STORES_LOST'
}

/** What is known of a task whose state is taken up. */
export interface StoresOfTask {
  readonly taskId: string
  /** Names of the stores that it has now. */
  readonly stores: readonly string[]
  /** Names of those that state is saved of. */
  readonly saved: Iterable<string>
}

/**
 * Deletes what is saved of stores that were dropped on purpose.
 * @param dropped their names, as `dropped.stores` has them.
 * @throws LostStoresError where state is saved of other stores that the task does not have.
 */
export function settleLostStores(
  { taskId, stores, saved }: StoresOfTask,
  plan: Plan,
  dropped: readonly string[],
  checkpoints: TaskCheckpoints,
): void {
  const savedNames = [...saved]
  const strange = savedNames.filter((store) => !stores.includes(store))
  if (strange.length === 0) return
  // A store that another task has now is in its changelog whole; without changelogs the state is here only.
  const elsewhere = plan.isLogged ? storeNamesOf(plan) : []
  const gone = strange.filter((store) => !elsewhere.includes(store))
  const lost = gone.filter((store) => !dropped.includes(store))
  if (lost.length === 0) {
    for (const store of gone) checkpoints.clear(store)
    return
  }
  const fresh = stores.filter((store) => !savedNames.includes(store))
  const now =
    fresh.length === 0 ? 'all stores that it has now have theirs' : `without any is ${list(fresh)}`
  throw new LostStoresError(
    `task ${taskId} has saved state of ${list(lost)}, which the topology does not have there; ${now}. ` +
      'A store that was renamed needs its old name again. One that was dropped on purpose is to be named in ' +
      `dropped.stores=${lost.join(',')}: its state is deleted. 'millrace reset' begins anew with all of it`,
  )
}

const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')
