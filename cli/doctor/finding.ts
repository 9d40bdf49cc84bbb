// What a check of `millrace doctor` finds, as data and as a line.

/** A problem keeps a job from running, or from running rightly; a warning is to be known. */
export type Status = 'ok' | 'warning' | 'problem'

/** One thing that was looked at. */
export interface Finding {
  readonly check: string
  readonly status: Status
  readonly message: string
  /** What to do about it; left out where the message says so, or where nothing is to be done. */
  readonly hint?: string
}

/** A finding of one check; `hint` as in `Finding`. */
export function finding(check: string, status: Status, message: string, hint?: string): Finding {
  return { check, status, message, ...(hint === undefined ? {} : { hint }) }
}

/** What a check threw, as the problem that it is: errors of ours say themselves what to do. */
export function problemOf(check: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error)
  return finding(check, 'problem', message)
}

const STATUS_WIDTH = 'problem'.length
const CHECK_WIDTH = 'configuration'.length

/** A finding as one line. */
export function lineOf({ check, status, message, hint }: Finding): string {
  const text = `${message}${hint === undefined ? '' : `: ${hint}`}`.replace(/\s*\n\s*/g, ' ')
  return `${status.padEnd(STATUS_WIDTH)}  ${check.padEnd(CHECK_WIDTH)}  ${text}\n`
}
