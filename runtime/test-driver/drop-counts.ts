// What a topology under test has dropped, and why.
import type { DropReason } from '../../processors/processor.ts'

/** Counts by node and reason. */
export class DropCounts {
  readonly #counts = new Map<string, Map<DropReason, number>>()

  /** One record was dropped. */
  add(node: string, reason: DropReason): void {
    const reasons = this.#counts.get(node) ?? new Map<DropReason, number>()
    this.#counts.set(node, reasons.set(reason, (reasons.get(reason) ?? 0) + 1))
  }

  /** How many were dropped, by reason; of one node, or of all. */
  of(node?: string): Partial<Record<DropReason, number>> {
    const counted: Partial<Record<DropReason, number>> = {}
    for (const [name, reasons] of this.#counts) {
      if (node !== undefined && node !== name) continue
      for (const [reason, count] of reasons) counted[reason] = (counted[reason] ?? 0) + count
    }
    return counted
  }
}
