// The windows of cases as those of the DSL.
import {
  hopping,
  milliseconds,
  session,
  sliding,
  tumbling,
  unlimited,
  type SessionWindows,
  type SlidingWindows,
  type TimeWindows,
  type UnlimitedWindows,
} from '../../index.ts'
import { Unsupported } from './case.ts'

interface WindowSpec {
  readonly type: string
  readonly sizeMs: number
  readonly advanceMs?: number
  readonly graceMs?: number
  readonly startMs?: number
  readonly timeDifferenceMs?: number
  readonly gapMs?: number
}

/** @throws TopologyError for windows that Millrace refuses. */
export function windowsOf(
  given: unknown,
): TimeWindows | UnlimitedWindows | SlidingWindows | SessionWindows {
  const window = given as WindowSpec
  const grace = milliseconds(window.graceMs ?? 0)
  switch (window.type) {
    case 'tumbling':
    case 'hopping': {
      const size = milliseconds(window.sizeMs)
      if (window.advanceMs === undefined) return tumbling({ size, grace })
      return hopping({ size, advance: milliseconds(window.advanceMs), grace })
    }
    case 'unlimited':
      return unlimited({ startMs: window.startMs ?? 0 })
    case 'sliding':
      return sliding({ difference: milliseconds(window.timeDifferenceMs ?? 0), grace })
    case 'session':
      return session({ gap: milliseconds(window.gapMs ?? 0), grace })
    default:
      throw new Unsupported(`${window.type} windows`)
  }
}
