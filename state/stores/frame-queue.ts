// The pages of all stores of a thread in the order in which they came into memory.

/** Whose a page is: it hears of what becomes of it. */
export interface FrameOwner {
  /** It is warm: it can be read, and written where it is dirty. */
  came(frame: Frame): void
  /** It is cold: whoever wants to use it is to ask for it. */
  left(frame: Frame): void
  /** The file has it as it is. */
  wasWritten(): void
  /** It is in the file only. */
  wentAside(frame: Frame): void
  /** It was read from the file. */
  returned(frame: Frame): void
}

/** A page, wherever it is. */
export class Frame {
  readonly owner: FrameOwner
  /** Its number among the pages of its owner. */
  readonly number: number
  readonly length: number
  /** Undefined while it is in the file only. */
  bytes: Uint8Array | undefined
  /** Where it is in the file; -1 where it never went there. */
  place = -1
  /** Whether the file does not have it as it is. */
  isDirty = true
  queue: FrameQueue | undefined
  before: Frame | undefined
  after: Frame | undefined

  constructor(owner: FrameOwner, number: number, bytes: Uint8Array) {
    this.owner = owner
    this.number = number
    this.bytes = bytes
    this.length = bytes.length
  }
}

/** Pages, the one first that came first. A page is in one queue at a time. */
export class FrameQueue {
  first: Frame | undefined
  last: Frame | undefined
  bytes = 0

  push(frame: Frame): void {
    frame.queue = this
    frame.before = this.last
    frame.after = undefined
    if (this.last === undefined) this.first = frame
    else this.last.after = frame
    this.last = frame
    this.bytes += frame.length
  }

  remove(frame: Frame): void {
    const { before, after } = frame
    if (before === undefined) this.first = after
    else before.after = after
    if (after === undefined) this.last = before
    else after.before = before
    frame.queue = frame.before = frame.after = undefined
    this.bytes -= frame.length
  }

  /** Takes the first one out; undefined where there is none. */
  shift(): Frame | undefined {
    const { first } = this
    if (first !== undefined) this.remove(first)
    return first
  }
}
