// Where the readers of a worker put the rows that they poll. A reader has such a room for as long as rows lie in it:
// of a thousand partitions few have rows at a time, and where all have, each gets a smaller one.

/** Rows of a poll, at most, and the bytes of them; a batch should stay in the processor's cache. */
const ROWS_MAX = 1_024
const ROWS_MIN = 64
const BYTES_MIN = 65_536
const BYTES_MAX = 524_288
const BYTES_LEAST = 8_192
/** Bytes of rooms of readers that have no rows any more, kept for those that will: to make one costs more than a row. */
const SPARE_BYTES_MAX = 4_194_304

/** What all rooms of a worker take together, about; a record that is larger than its room gets what it needs. */
export const ROOMS_BYTES_MAX = 33_554_432

/** The columns of one poll. */
export interface PollRoom {
  bytes: Uint8Array
  readonly ends: Uint32Array
  readonly nulls: Uint8Array
  readonly timestamps: Float64Array
  readonly offsets: Float64Array
}

/** The rooms of one worker. */
export class PollRooms {
  readonly #spare: PollRoom[] = []
  #spareBytes = 0
  #lent = 0

  /** How many bytes a room may have that is to take more rows than it did. */
  get bytesMax(): number {
    const share = ROOMS_BYTES_MAX / Math.max(1, this.#lent)
    return Math.min(BYTES_MAX, Math.max(BYTES_LEAST, share / 2))
  }

  /** A room for a reader. */
  take(): PollRoom {
    this.#lent += 1
    const { bytesMax } = this
    const spare = this.#spare.pop()
    this.#spareBytes -= spare?.bytes.length ?? 0
    const rows = bytesMax >= BYTES_MIN ? ROWS_MAX : ROWS_MIN
    if (spare !== undefined && spare.bytes.length <= bytesMax && rowsOf(spare) >= rows) return spare
    return {
      bytes: new Uint8Array(Math.min(BYTES_MIN, bytesMax)),
      ends: new Uint32Array(3 * rows),
      nulls: new Uint8Array(rows),
      timestamps: new Float64Array(rows),
      offsets: new Float64Array(rows),
    }
  }

  /** The room of a reader that polls again; a smaller one where others need it, a larger one where they do no more. */
  renew(room: PollRoom): PollRoom {
    const { bytesMax } = this
    const isSmall = rowsOf(room) < ROWS_MAX && bytesMax >= 2 * BYTES_MIN
    if (room.bytes.length <= 2 * bytesMax && !isSmall) return room
    this.give(room)
    return this.take()
  }

  /** Takes a room back: nothing in it is looked at any more. */
  give(room: PollRoom): void {
    this.#lent -= 1
    const { length } = room.bytes
    if (length > BYTES_MAX || this.#spareBytes + length > SPARE_BYTES_MAX) return
    this.#spare.push(room)
    this.#spareBytes += length
  }
}

const rowsOf = ({ offsets }: PollRoom): number => offsets.length
