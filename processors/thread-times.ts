// Of a topic with many partitions: the event time of all tasks of a thread that write to it, told together. Were each
// to tell each partition by itself, a thousand tasks would send a million messages whenever time goes on.
import type { FrameTimes } from './frame.ts'

/** From so many partitions on it is told together. */
export const TOGETHER_MIN = 64

/** How often, for each partition: to tell one costs a request, a fetch and a commit. */
const TELL_MS_A_PARTITION = 2

interface Member {
  timeMs: number
  vouchedMs: number
  /** Whether anybody was told of it since it came. */
  isTold: boolean
}

/** Writes to a partition that these writers have come to these times. */
export type TellTogether = (
  partition: number,
  writers: readonly number[],
  times: FrameTimes,
) => void

/** The times of the tasks of one thread that write one topic. The lowest of them is what is told. */
export class ThreadTimes {
  /** Told to all partitions; epoch ms. */
  toldMs = -1
  toldVouchedMs = -1
  readonly #partitions: number
  readonly #members = new Map<number, Member>()
  /** Whether there may be something to tell. */
  #hasMoved = false
  /** Wall clock of when they were told last, or would have been first. */
  #toldAtMs: number | undefined
  #lookedAtMs = -Infinity

  constructor(partitions: number) {
    this.#partitions = partitions
  }

  /** A task has come to a time, and handed over all rows before it. */
  reached(writer: number, timeMs: number, vouchedMs: number): void {
    const member = this.#members.get(writer)
    if (member === undefined) {
      // Who has none yet does not hold back what is told of the others.
      if (timeMs < 0) return
      this.#members.set(writer, { timeMs, vouchedMs, isTold: false })
      this.#hasMoved = true
      return
    }
    // Only the slowest move what is told.
    if (member.timeMs <= this.toldMs && timeMs > member.timeMs) this.#hasMoved = true
    if (member.vouchedMs <= this.toldVouchedMs && vouchedMs > member.vouchedMs)
      this.#hasMoved = true
    member.timeMs = Math.max(member.timeMs, timeMs)
    member.vouchedMs = Math.max(member.vouchedMs, vouchedMs)
  }

  /** A task has left the thread. */
  leave(writer: number): void {
    // It may have been the slowest.
    if (this.#members.delete(writer)) this.#hasMoved = true
  }

  /** Whether all know what there is to know of these tasks. */
  get isTold(): boolean {
    return !this.#hasMoved
  }

  /** Tells all partitions where there is something to tell, and the last time is long enough ago. */
  tellIfDue(nowMs: number, tell: TellTogether): void {
    this.#toldAtMs ??= nowMs
    if (!this.#hasMoved || nowMs === this.#lookedAtMs) return
    const sinceMs = nowMs - this.#toldAtMs
    // A clock that was set back must not hold it up.
    if (sinceMs >= 0 && sinceMs < this.#partitions * TELL_MS_A_PARTITION) return
    this.#lookedAtMs = nowMs
    this.#hasMoved = false
    if (this.#members.size === 0) return
    const times = this.#lowest(nowMs)
    const { streamTimeMs, vouchedMs } = times
    const members = [...this.#members.values()]
    const isNews =
      streamTimeMs > this.toldMs ||
      vouchedMs > this.toldVouchedMs ||
      members.some(({ isTold }) => !isTold)
    this.toldMs = streamTimeMs
    this.toldVouchedMs = vouchedMs
    if (!isNews) return
    this.#toldAtMs = nowMs
    for (const member of members) member.isTold = true
    const writers = [...this.#members.keys()].sort((a, b) => a - b)
    for (let partition = 0; partition < this.#partitions; partition++) {
      tell(partition, writers, times)
    }
  }

  #lowest(sentAtMs: number): FrameTimes {
    let [streamTimeMs, vouchedMs] = [Infinity, Infinity]
    for (const member of this.#members.values()) {
      streamTimeMs = Math.min(streamTimeMs, member.timeMs)
      vouchedMs = Math.min(vouchedMs, member.vouchedMs)
    }
    return { streamTimeMs, vouchedMs, sentAtMs }
  }
}
