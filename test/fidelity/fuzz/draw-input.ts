// The inputs of drawn cases: out of order, late, with ties, on bounds, with nulls, tombstones and bytes that are no JSON.
import type { CaseInput } from '../case.ts'
import type { Dice } from './dice.ts'
import { KEYS, VALUES } from './draw-functions.ts'

/** What inputs are to be about. */
export interface InputsSpec {
  readonly topics: readonly string[]
  /** Distances in time at which something changes. */
  readonly spans: readonly number[]
  /** Whether the wall clock means something. */
  readonly hasWallClock: boolean
}

/** The inputs of one case. */
export function drawInputs(dice: Dice, { topics, spans, hasWallClock }: InputsSpec): CaseInput[] {
  const keys = Array.from({ length: 1 + dice.below(4) }, () => dice.pick(KEYS))
  const values = Array.from({ length: 2 + dice.below(6) }, () => dice.pick(VALUES))
  const steps = [0, 1, 1, 2, 5, ...spans.filter((span) => span <= 200)]
  const [spread, nulls] = [dice.pick([1, 5, 15, 60]), dice.pick([6, 12, 40])]
  const count = 3 + dice.below(24)
  let time = dice.pick([0, 0, 3, 40, 100])
  return Array.from({ length: count }, (): CaseInput => {
    if (hasWallClock && dice.once(5)) return { advanceWallClockMs: 1 + dice.below(40) }
    time += dice.once(25) ? dice.pick([100, 2000, 100_000]) : dice.pick(steps)
    const off = dice.once(3) ? dice.below(spread) : dice.once(6) ? dice.pick(steps) : 0
    const ts = Math.max(0, time - off)
    const key = dice.once(nulls * 2) ? null : dice.pick(keys)
    const value = dice.once(nulls) ? null : dice.pick(values)
    const malformed = dice.once(80) ? { malformed: true } : {}
    return { topic: dice.pick(topics), key, value, ts, ...malformed }
  })
}
