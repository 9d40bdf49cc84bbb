// Joins that found no row, per node and key: counted in a worker, summed up on the main thread.

/** Different keys counted per node; the rest is counted together. */
const KEYS_MAX = 1_000
/** Stands for all keys beyond the limit. */
const OTHERS = '(others)'

/** Counts per node and key. */
export class Unmatched {
  #counts = new Map<string, Map<string, number>>()

  add(node: string, key: string | number, times = 1): void {
    let keys = this.#counts.get(node)
    if (keys === undefined) this.#counts.set(node, (keys = new Map<string, number>()))
    const text = String(key)
    const known = keys.has(text) || keys.size < KEYS_MAX ? text : OTHERS
    keys.set(known, (keys.get(known) ?? 0) + times)
  }

  /** All counts; they start anew. */
  take(): [node: string, key: string, count: number][] {
    const taken = this.list()
    // See `ThreadCommits.save` for why it is not cleared.
    if (taken.length > 0) this.#counts = new Map()
    return taken
  }

  /** All counts. */
  list(): [node: string, key: string, count: number][] {
    return [...this.#counts].flatMap(([node, keys]) =>
      [...keys].map(([key, count]): [string, string, number] => [node, key, count]),
    )
  }
}
