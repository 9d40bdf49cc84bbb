// Tables as other operators see them: the value of a key, with its time (Kafka's KTableValueGetter). Each is
// a store, or works out of the table before it what its operator makes of that.
import type { Timestamped } from '../topology/store-contracts.ts'

/** Looks a key up; undefined where it has no value. */
export interface TableView {
  /** @param asOfMs the time as of which a table with history is asked; the latest when left out. Epoch ms. */
  get(key: unknown, asOfMs?: number): Timestamped<unknown> | undefined
}

/** The views of a task's tables by node name; those that come first in the topology are there first. */
export class TableViews {
  readonly #views = new Map<string, TableView>()

  set(node: string, view: TableView): void {
    this.#views.set(node, view)
  }

  /** A view that is looked for when it is used first: of a node that gives a table. */
  of(node: string): TableView {
    let view: TableView | undefined
    return { get: (key, asOfMs) => (view ??= this.#views.get(node)!).get(key, asOfMs) }
  }

  /** Undefined where a node gives no table that can be looked up. */
  find(node: string): TableView | undefined {
    return this.#views.get(node)
  }
}
