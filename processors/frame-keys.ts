// The keys of a frame as the task that reads it knows them: the frame numbers its own.
import type { KeyTable } from '../state/key-table.ts'
import type { Frame } from './frame.ts'

/** The ids that a task has for the keys of the frame at hand. */
export class FrameKeys {
  readonly table: KeyTable
  #ids = new Int32Array(64)
  /** Of the table when the ids were learned. */
  #epoch = 0

  constructor(table: KeyTable) {
    this.table = table
  }

  /** Makes the ids those of a frame's keys. */
  learn(frame: Frame): void {
    const { keyEnds, keysStart, bytes } = frame
    this.#epoch = this.table.epoch
    if (this.#ids.length < keyEnds.length) this.#ids = new Int32Array(keyEnds.length * 2)
    let start = keysStart
    for (let key = 0; key < keyEnds.length; key++) {
      const end = keysStart + keyEnds[key]!
      this.#ids[key] = this.table.idOf(bytes, start, end)
      start = end
    }
  }

  /** The id of each key of the frame that was learned, which the table may have numbered anew since. */
  idsOf(frame: Frame): Int32Array {
    if (this.table.epoch !== this.#epoch) this.learn(frame)
    return this.#ids
  }
}
