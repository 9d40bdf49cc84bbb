// What a commit changed in the stores of a task, kept back until the results of that commit are acknowledged.
// A task writes its changelogs through it.
import type { ChangelogEntry } from '../state/changelog-record.ts'
import type { WriteChangelog } from './task-checkpoints.ts'

/**
 * At least once, results and changelogs are written side by side, and a process that is killed may have
 * written one and not the other. Where input led to both, it is read again. What the wall clock led to is not
 * led to again by a store that has forgotten it: there the changelog must come second. In Kafka Streams it
 * does not, and a punctuator that forwards what it deletes may lose it.
 */
export class LateChangelog {
  readonly #write: WriteChangelog
  readonly #isLate: () => boolean
  #waiting: (readonly [store: string, entry: ChangelogEntry])[] = []

  /** @param isLate whether the entries of now must wait; once they do, all that follow do. */
  constructor(write: WriteChangelog, isLate: () => boolean) {
    this.#write = write
    this.#isLate = isLate
  }

  /** Writes an entry, or keeps it until `tell`. */
  readonly write: WriteChangelog = (store, entry) => {
    // Its bytes are valid until the store packs again.
    if (this.#isLate()) this.#waiting.push([store, { ...entry, bytes: entry.bytes.slice() }])
    else this.#write(store, entry)
  }

  /** Whether there are entries that wait. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Writes what waits: all results of before are acknowledged. */
  tell(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const [store, entry] of waiting) this.#write(store, entry)
  }
}
