// Small forwards that the builder puts between the processors of a task.
import type { Forward, StreamRecord } from './processor.ts'

/** Puts both sides of a change that came through a repartition topic in their places. */
export function unpackingChange(next: Forward): Forward {
  return (record: StreamRecord) => {
    const { newValue, oldValue } = record.value as { newValue: unknown; oldValue: unknown }
    record.value = newValue
    record.oldValue = oldValue
    next(record)
  }
}

/** Calls each in turn: a record finishes one branch before the next begins. */
export function inTurn(branches: readonly Forward[]): Forward {
  const [first, second] = branches
  if (first === undefined) return () => undefined
  if (second === undefined) return first
  return (record) => {
    for (let i = 0; i < branches.length; i++) branches[i]!(record)
  }
}
