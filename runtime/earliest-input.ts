// Which of a task's inputs runs next (Kafka: PartitionGroup, whose queue is ordered by the next timestamp).
import type { TaskInput } from './task-input.ts'

/**
 * The input whose next row is the earliest, the time of the earliest of all others, and its own, epoch ms.
 * Of inputs with one time the lower rank goes first, the first one where there are no ranks.
 */
export function earliestOf(
  inputs: readonly TaskInput[],
  rankOf: ((input: TaskInput) => number) | undefined,
): [first: TaskInput | undefined, limitMs: number, firstMs: number] {
  let first: TaskInput | undefined
  let firstMs = Infinity
  let limitMs = Infinity
  for (const input of inputs) {
    if (input.head.isEmpty) continue
    // A frame without rows is run at once: it only tells the time.
    const nextMs = input.head.nextTimestampMs ?? -Infinity
    const isFirst =
      first === undefined ||
      nextMs < firstMs ||
      (nextMs === firstMs && rankOf !== undefined && rankOf(input) < rankOf(first))
    if (isFirst) {
      limitMs = Math.min(limitMs, firstMs)
      first = input
      firstMs = nextMs
    } else {
      limitMs = Math.min(limitMs, nextMs)
    }
  }
  return [first, limitMs, firstMs]
}
