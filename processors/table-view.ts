// Tables as other operators see them: the value of a key, with its time (Kafka's KTableValueGetter). Each is
// a store, or works out of the table before it what its operator makes of that.
import type { Timestamped } from '../topology/store-contracts.ts'

/** Looks a key up; undefined where it has no value. */
export interface TableView {
  get(key: unknown): Timestamped<unknown> | undefined
}

/** The views of a task's tables by node name; those that come first in the topology are there first. */
export class TableViews {
  readonly #views = new Map<string, TableView>()

  set(node: string, view: TableView): void {
    this.#views.set(node, view)
  }

  /** Undefined where a node gives no table that can be looked up. */
  find(node: string): TableView | undefined {
    return this.#views.get(node)
  }
}
