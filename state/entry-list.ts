// A growing list of entries to be visited once: those changed since something looked last.

export class EntryList {
  size = 0
  #entries = new Int32Array(256)

  push(entry: number): void {
    if (this.size === this.#entries.length) {
      const grown = new Int32Array(this.size * 2)
      grown.set(this.#entries)
      this.#entries = grown
    }
    this.#entries[this.size++] = entry
  }

  /** Visits all and forgets them; `visit` must not push. */
  drain(visit: (entry: number) => void): void {
    const { size } = this
    this.size = 0
    for (let i = 0; i < size; i++) visit(this.#entries[i]!)
  }
}
