// Durations with a brand: a bare number does not compile where a duration is wanted.
import { TopologyError } from './errors.ts'

declare const brand: unique symbol

/** A duration in milliseconds, made by `minutes(5)` and its like. */
export type DurationMs = number & { readonly [brand]: 'DurationMs' }

/** A duration that reaches back in time, made by `minus(minutes(5))`; few places take one. */
export type NegativeDurationMs = number & { readonly [brand]: 'NegativeDurationMs' }

/** @throws TopologyError when the amount is not a finite number of at least zero. */
function duration(unit: string, amount: number, unitMs: number): DurationMs {
  if (!Number.isFinite(amount) || amount < 0) {
    throw new TopologyError(unit, `a duration is a finite number of at least 0, not ${amount}`)
  }
  return Math.round(amount * unitMs) as DurationMs
}

/** A duration of so many milliseconds. */
export const milliseconds = (amount: number): DurationMs => duration('milliseconds', amount, 1)
/** A duration of so many seconds. */
export const seconds = (amount: number): DurationMs => duration('seconds', amount, 1_000)
/** A duration of so many minutes. */
export const minutes = (amount: number): DurationMs => duration('minutes', amount, 60_000)
/** A duration of so many hours. */
export const hours = (amount: number): DurationMs => duration('hours', amount, 3_600_000)
/** A duration of so many days of 24 hours. */
export const days = (amount: number): DurationMs => duration('days', amount, 86_400_000)
/** As long a duration the other way in time. */
export const minus = (of: DurationMs): NegativeDurationMs => (0 - of) as NegativeDurationMs
