// Time and turn of a simulated world: nothing happens but what is scheduled here, one event after the other,
// in an order that the seed decides. Everything else in test/simulation/ stands on it.
import { createRandom, type Random } from '../../data/random.ts'

/** Someone to whom things happen: a process, until it is killed. */
export class Life {
  readonly name: string
  isOver = false
  /** Stands still until then, like a process that the machine does not let run. */
  asleepUntilMs = 0

  constructor(name: string) {
    this.name = name
  }
}

interface SimulatedEvent {
  readonly atMs: number
  /** Decides between events of one time. */
  readonly tie: number
  readonly life: Life
  readonly what: string
  readonly work: () => void
}

const isBefore = (one: SimulatedEvent, other: SimulatedEvent): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.tie < other.tie)

/** Hears of each event; for a person to read. */
export type Trace = (line: string) => void

/** The events of one run. */
export class Scheduler {
  readonly random: Random
  nowMs = 0
  /** Events so far. */
  events = 0
  /** A sum over all that has happened: two runs with the same one went the same way. */
  fingerprint = 0
  readonly #trace: Trace | undefined
  #deferred = 0
  /** A binary heap. */
  readonly #queue: SimulatedEvent[] = []

  constructor(seed: number, trace?: Trace) {
    this.random = createRandom(seed, 0x51a1)
    this.#trace = trace
  }

  /** Has something happen to `life` after a time, if it lives then. */
  after(ms: number, life: Life, what: string, work: () => void): void {
    const atMs = this.nowMs + Math.max(0, ms)
    this.#push({ atMs, tie: this.random.next(), life, what, work })
  }

  /** True in so many cases of one. */
  chance(share: number): boolean {
    return this.random.next() < share
  }

  /** Notes something that is not an event. */
  note(line: string): void {
    for (let i = 0; i < line.length; i++) {
      this.fingerprint = (Math.imul(this.fingerprint, 31) + line.charCodeAt(i)) | 0
    }
    this.#trace?.(`${(this.nowMs / 1_000).toFixed(3).padStart(9)}  ${line}`)
  }

  /** Lets events happen until `isDone`, checked after each. @returns whether it was before `endMs`. */
  async run(isDone: () => boolean, endMs: number): Promise<boolean> {
    while (!isDone()) {
      const next = this.#pop()
      if (next === undefined || next.atMs > endMs) return false
      this.nowMs = next.atMs
      const { life } = next
      if (life.isOver) continue
      if (life.asleepUntilMs > this.nowMs) {
        // In the order in which it would have happened.
        this.#deferred += 1
        this.#push({ ...next, atMs: life.asleepUntilMs, tie: this.#deferred })
        continue
      }
      this.events += 1
      this.note(`${life.name}  ${next.what}`)
      next.work()
      // All that follows from it in promises.
      await new Promise((resolve) => setImmediate(resolve))
    }
    return true
  }

  #push(event: SimulatedEvent): void {
    const queue = this.#queue
    let at = queue.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, queue[parent]!)) break
      queue[at] = queue[parent]!
      at = parent
    }
    queue[at] = event
  }

  #pop(): SimulatedEvent | undefined {
    const queue = this.#queue
    const first = queue[0]
    const last = queue.pop()
    if (last === undefined || queue.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= queue.length) break
      if (child + 1 < queue.length && isBefore(queue[child + 1]!, queue[child]!)) child += 1
      if (!isBefore(queue[child]!, last)) break
      queue[at] = queue[child]!
      at = child
    }
    queue[at] = last
    return first
  }
}
