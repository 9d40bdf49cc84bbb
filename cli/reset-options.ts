// Where a reset leads, as it is written on the command line: the words and forms of Kafka's tool.
import type { ResetTarget } from '../runtime/reset-target.ts'
import { UsageError } from './exit-codes.ts'

/** The options that say it; commander lets only one of them pass. */
export interface TargetOptions {
  readonly toEarliest?: boolean
  readonly toLatest?: boolean
  readonly toDatetime?: string
  readonly byDuration?: string
  readonly toOffset?: string
  readonly shiftBy?: string
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/
const ZONE = /(Z|[+-]\d\d:?\d\d)$/
const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/**
 * Reads the options; a duration counts back from `nowMs`.
 * @throws UsageError with what to write
 */
export function targetOf(options: TargetOptions, nowMs: number): ResetTarget {
  const { toLatest, toDatetime, byDuration, toOffset, shiftBy } = options
  if (toLatest === true) return { kind: 'latest' }
  if (toDatetime !== undefined) return { kind: 'timestamp', timestampMs: timeOf(toDatetime) }
  if (byDuration !== undefined) {
    return { kind: 'timestamp', timestampMs: nowMs - durationOf(byDuration) }
  }
  if (toOffset !== undefined) {
    return { kind: 'offset', offset: wholeOf('--to-offset', toOffset, /^\d+$/) }
  }
  if (shiftBy !== undefined) {
    return { kind: 'shift', by: wholeOf('--shift-by', shiftBy, /^[+-]?\d+$/) }
  }
  return { kind: 'earliest' }
}

function timeOf(text: string): number {
  const timestampMs = DATE_TIME.test(text) ? Date.parse(ZONE.test(text) ? text : `${text}Z`) : NaN
  if (!Number.isNaN(timestampMs)) return timestampMs
  throw new UsageError(
    `--to-datetime ${text}: write 2018-12-31T23:00:00 (UTC) or 2018-12-31T15:00:00-08:00`,
  )
}

function durationOf(text: string): number {
  const parts = DURATION.exec(text)
  if (parts === null || parts.slice(1).every((part) => part === undefined)) {
    throw new UsageError(`--by-duration ${text}: write P2D, PT1H30M or P1DT12H`)
  }
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0))
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000)
}

function wholeOf(option: string, text: string, form: RegExp): number {
  const number = Number(text)
  if (form.test(text) && Number.isSafeInteger(number)) return number
  throw new UsageError(`${option} ${text}: write a whole number`)
}
