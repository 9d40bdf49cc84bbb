// A growing list of entries to be visited once: those changed since something looked last.

/** Room that is begun with: there is a list for each store of a task. */
const ENTRIES_MIN = 32

export class EntryList {
  size = 0
  /** The first `size` are in the list; setting that to 0 forgets them. */
  entries = new Int32Array(ENTRIES_MIN)

  push(entry: number): void {
    if (this.size === this.entries.length) {
      const grown = new Int32Array(this.size * 2)
      grown.set(this.entries)
      this.entries = grown
    }
    this.entries[this.size++] = entry
  }
}
