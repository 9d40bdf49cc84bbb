// Which input of which task runs its next row: the one that is earliest in event time. A binary heap as
// Kafka's (java.util.PriorityQueue), so that rows of one time go in the same order as there.
import type { Task } from '../task.ts'

/** An input that has rows at hand, and the event time of its next one. */
export interface WaitingInput {
  readonly task: Task
  readonly topic: string
  timestampMs: number
}

/** The inputs that have rows at hand. */
export class RowQueue {
  readonly #heap: WaitingInput[] = []

  /** Whether an input waits already. */
  has(task: Task, topic: string): boolean {
    return this.#heap.some((other) => other.task === task && other.topic === topic)
  }

  offer(input: WaitingInput): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (input.timestampMs >= heap[parent]!.timestampMs) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = input
  }

  /** Takes the earliest, undefined for none. */
  poll(): WaitingInput | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.#sink(last)
    return first
  }

  #sink(input: WaitingInput): void {
    const heap = this.#heap
    const half = heap.length >> 1
    let at = 0
    while (at < half) {
      let child = 2 * at + 1
      const right = child + 1
      if (right < heap.length && heap[child]!.timestampMs > heap[right]!.timestampMs) child = right
      if (input.timestampMs <= heap[child]!.timestampMs) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = input
  }
}
