// Input for the job whose user code misbehaves, and what it must count all the same.
import type { Broker } from '../../broker/ports.ts'
import { keyOfRow, type FinalTable } from './batch-count.ts'
import { writeInput } from './police-job.ts'

/** The module of the job. */
export const FAULTY_JOB = new URL('../fixtures/faulty-job.js', import.meta.url)
/** The module of the job that dies of some orders each time, and does without them. */
export const CRASHING_JOB = new URL('../fixtures/crashing-job.js', import.meta.url)
/** What they write. */
export const COUNTED = 'orders-by-name'

/** An order; with a fault, one that the job's code falls over. */
export interface Order {
  readonly name: string
  readonly at_ms: number
  readonly fault?: string
  readonly mark?: string
}

/** As many orders, ten a second, of nine names. */
export function orders(count: number): Order[] {
  return Array.from({ length: count }, (_, i) => ({ name: `name-${i % 9}`, at_ms: i * 100 }))
}

/** Writes orders in their order. */
export function writeOrders(broker: Broker, rows: readonly Order[], partitions = 4): Promise<void> {
  return writeOrderTexts(
    broker,
    rows.map((order) => JSON.stringify(order)),
    partitions,
  )
}

/** Writes orders as texts; whatever is no order is written as it is. */
export function writeOrderTexts(
  broker: Broker,
  texts: readonly string[],
  partitions = 4,
): Promise<void> {
  const inputs = texts.map((value, i) => ({ key: `order-${i}`, value, timestampMs: i * 100 }))
  return writeInput(broker, inputs, partitions, { topic: 'orders', rowsMax: () => 100 })
}

/** The counts of all orders. */
export function countOrders(rows: readonly Order[]): FinalTable {
  const table: FinalTable = new Map()
  for (const { name, at_ms } of rows) {
    const window_start = at_ms - (at_ms % 60_000)
    const row = { window_start, window_end: 0, type: name, calls: 1 }
    const key = keyOfRow(row)
    table.set(key, { ...row, calls: (table.get(key)?.calls ?? 0) + 1 })
  }
  return table
}

/** The same of a result as it was read, which has no ends of windows. */
export function withEnds(table: FinalTable): FinalTable {
  return new Map([...table].map(([key, row]) => [key, { ...row, window_end: 0 }]))
}
