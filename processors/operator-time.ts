// The event time that a windowed operator has observed (Kafka's observedStreamTime): of the records that
// reached it, not of all that its task has read. Behind a repartition topic the slowest writer holds it back.
import { EventTimes } from './event-times.ts'

/** What the tasks that write a task's repartition topics say of event time; of sources nothing holds back. */
export class EventTimeLimits {
  /** Those of the rows of the task's sources that were run. */
  readonly rows = new EventTimes()
  /** No row may move an operator's time beyond this: other writers still have earlier ones. Epoch ms. */
  rowLimitMs = Infinity
  /** All writers have come to this time: operators may, too, as far as they have seen rows of it. */
  toldMs = Infinity
  /** All writers vouch for this time, whether rows of it came here or not. */
  vouchedMs = -1
  /** Whether event time goes on without records: then operators give out what is due without any, too. */
  goesOnWhenIdle = false
  /**
   * Time that the task itself may go on to without rows: all that write what it reads have come to it. -1
   * where it reads a source, too, which may still have earlier rows.
   */
  reachedMs = -1
  #followsWriters = true
  readonly #topics = new Map<string, { toldMs: number; vouchedMs: number }>()
  /** Topics whose times are none of the task's own. */
  readonly #others = new Set<string>()
  /** What the task vouches for its own sources; Infinity where it has none. */
  #sourcesMs = Infinity
  #hasSource = false

  /** Whether operators take over what writers vouch for; Kafka's see but the records that reach them. */
  set followsWriters(follows: boolean) {
    this.#followsWriters = follows
    this.#update()
  }

  /**
   * The task reads a repartition topic, of whose writers nothing is known yet.
   * @param movesTime whether the task's own time follows it.
   */
  addTopic(topic: string, movesTime = true): void {
    if (!movesTime) this.#others.add(topic)
    this.tell(topic, -1, -1)
  }

  /** The task reads a source, for which nobody vouches while there is input. */
  addSource(): void {
    this.#sourcesMs = -1
    this.#hasSource = true
    this.#update()
  }

  /** Nothing has come from the sources for long: no record before this time will, as far as can be known. */
  vouchForSources(timeMs: number): void {
    this.#sourcesMs = timeMs
    this.#update()
  }

  /** What all writers of a topic have come to, and vouch for; epoch ms. */
  tell(topic: string, toldMs: number, vouchedMs: number): void {
    this.#topics.set(topic, { toldMs, vouchedMs })
    this.#update()
  }

  #update(): void {
    this.toldMs = Infinity
    this.vouchedMs = this.#sourcesMs
    let reachedMs = Infinity
    for (const [topic, of] of this.#topics) {
      this.toldMs = Math.min(this.toldMs, of.toldMs)
      this.vouchedMs = Math.min(this.vouchedMs, this.#followsWriters ? of.vouchedMs : -1)
      if (!this.#others.has(topic)) reachedMs = Math.min(reachedMs, of.toldMs)
    }
    this.reachedMs = this.#hasSource || reachedMs === Infinity ? -1 : reachedMs
  }
}

/** One operator's time in one task. It never falls. */
export class OperatorTime {
  /** Stream time of the operator, epoch ms; -1 before the first record. */
  nowMs = -1
  /** Highest timestamp of a record that reached the operator. */
  #seenMs = -1
  readonly #limits: EventTimeLimits

  constructor(limits: EventTimeLimits) {
    this.#limits = limits
  }

  /** Takes a record into account. @returns the operator's time with it. */
  advance(timestampMs: number): number {
    const limits = this.#limits
    let nowMs = this.catchUp()
    if (timestampMs > nowMs) {
      if (timestampMs > this.#seenMs) this.#seenMs = timestampMs
      const reachedMs = timestampMs < limits.rowLimitMs ? timestampMs : limits.rowLimitMs
      if (reachedMs > nowMs) this.nowMs = nowMs = reachedMs
    }
    return nowMs
  }

  /** Takes into account what the writers have told since. @returns the operator's time. */
  catchUp(): number {
    const { toldMs, vouchedMs } = this.#limits
    let nowMs = this.nowMs
    if (this.#seenMs > nowMs && toldMs > nowMs) {
      nowMs = this.#seenMs < toldMs ? this.#seenMs : toldMs
    }
    if (vouchedMs > nowMs) nowMs = vouchedMs
    if (nowMs > this.nowMs) this.nowMs = nowMs
    return nowMs
  }

  /** As it was saved. */
  restore(nowMs: number): void {
    this.nowMs = nowMs
    this.#seenMs = nowMs
  }
}
