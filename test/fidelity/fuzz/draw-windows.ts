// Windows of drawn cases: small ones, so that inputs close together meet at their bounds.
import type { Dice } from './dice.ts'

/** Windows in the form of a case. */
export type DrawnWindow = Readonly<Record<string, string | number>>

const SIZES = [1, 2, 5, 7, 10, 20] as const
const GRACES = [0, 0, 1, 5, 10, 40, 1000] as const

/** Windows with what they measure time by. */
export function drawWindow(dice: Dice, spans: number[]): DrawnWindow {
  const [size, grace] = [dice.pick(SIZES), dice.pick(GRACES)]
  const graceMs = dice.once(4) ? {} : { graceMs: grace }
  spans.push(size, size + (graceMs.graceMs ?? 0))
  switch (
    dice.pick(['tumbling', 'tumbling', 'hopping', 'sliding', 'sliding', 'session', 'unlimited'])
  ) {
    case 'hopping':
      return { type: 'hopping', sizeMs: size, advanceMs: 1 + dice.below(size), ...graceMs }
    case 'sliding':
      return { type: 'sliding', timeDifferenceMs: size, ...graceMs }
    case 'session':
      return { type: 'session', gapMs: dice.once(10) ? 0 : size, ...graceMs }
    case 'unlimited': {
      const startMs = dice.pick([0, 5, 30])
      return { type: 'unlimited', ...(startMs === 0 ? {} : { startMs }) }
    }
    default:
      return { type: 'tumbling', sizeMs: size, ...graceMs }
  }
}

/** Windows of a join of two streams. */
export function drawJoinWindow(dice: Dice, spans: number[]): DrawnWindow {
  const difference = dice.pick([0, 1, 5, 10])
  const beforeMs = dice.once(3) ? { beforeMs: dice.pick([0, 3, 20, -2]) } : {}
  const afterMs = dice.once(3) ? { afterMs: dice.pick([0, 4, 15, -3]) } : {}
  const graceMs = dice.once(4) ? {} : { graceMs: dice.pick(GRACES) }
  spans.push(difference, difference + (graceMs.graceMs ?? 0), afterMs.afterMs ?? 1)
  return { timeDifferenceMs: difference, ...beforeMs, ...afterMs, ...graceMs }
}

/** How long windows are kept beyond what they need, or nothing. */
export function drawRetention(dice: Dice, window: DrawnWindow): { retentionMs?: number } {
  if (!dice.once(8) || window.type === 'unlimited') return {}
  const { sizeMs, timeDifferenceMs, gapMs, graceMs = 0 } = window as Record<string, number>
  const span = (sizeMs ?? timeDifferenceMs ?? gapMs ?? 0) * (timeDifferenceMs === undefined ? 1 : 2)
  return { retentionMs: span + graceMs + dice.pick([0, 1, 30, 5000]) }
}
