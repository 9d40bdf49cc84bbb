// The event time that a windowed operator has observed (Kafka's observedStreamTime): of the records that
// reached it, not of all that its task has read. Behind a repartition topic the slowest writer holds it back.

/** What the tasks that write a task's repartition topics say of event time; of sources nothing holds back. */
export class EventTimeLimits {
  /** No row may move an operator's time beyond this: other writers still have earlier ones. Epoch ms. */
  rowLimitMs = Infinity
  /** All writers have come to this time: operators may, too, as far as they have seen rows of it. */
  toldMs = Infinity
  /** All writers vouch for this time, whether rows of it came here or not. */
  vouchedMs = -1
  /** Whether event time goes on without records: then operators give out what is due without any, too. */
  goesOnWhenIdle = false
  readonly #topics = new Map<string, { toldMs: number; vouchedMs: number }>()
  /** What the task vouches for its own sources; Infinity where it has none. */
  #sourcesMs = Infinity

  /** The task reads a repartition topic, of whose writers nothing is known yet. */
  addTopic(topic: string): void {
    this.tell(topic, -1, -1)
  }

  /** The task reads a source, for which nobody vouches while there is input. */
  addSource(): void {
    this.#sourcesMs = -1
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
    for (const of of this.#topics.values()) {
      this.toldMs = Math.min(this.toldMs, of.toldMs)
      this.vouchedMs = Math.min(this.vouchedMs, of.vouchedMs)
    }
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
