// What the process answers to its caller. Listed in --help and in CONTRIBUTING.md.
import { CommanderError } from 'commander'

/** Exit codes by meaning; 128 + the signal's number when a signal cut a command short. */
export const EXIT = { ok: 0, failed: 1, usage: 2, broker: 3, SIGINT: 130, SIGTERM: 143 } as const

/** The same for people. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    done; also after an orderly stop of what runs until it is stopped
  1    failed; of doctor: it found a problem
  2    wrong usage, configuration or topology
  3    the broker cannot be reached, its client is not installed, or the application runs elsewhere
  130  cut short by Ctrl-C (SIGINT); 143 by SIGTERM
`

/** The command line asks for something that cannot be. The message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'MILLRACE_USAGE'
}

/** A signal cut a command short: the reason with which a context's `signal` is aborted. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly code = 'MILLRACE_INTERRUPTED'
  readonly by: 'SIGINT' | 'SIGTERM'

  constructor(by: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${by}`)
    this.by = by
  }
}

/** Nobody reads the output any more, as after `| head`: the other reason of a context's `signal`. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError'
  readonly code = 'MILLRACE_OUTPUT_CLOSED'
}

/** What `doctor` ends with: its findings are on stdout. */
export class ProblemsFound extends Error {
  override readonly name = 'ProblemsFound'
  readonly code = 'MILLRACE_PROBLEMS_FOUND'

  constructor(count: number) {
    super(count === 1 ? 'one problem was found' : `${count} problems were found`)
  }
}

// By code and not by class: a job may bring a copy of Millrace of its own.
const CODES: Readonly<Record<string, number>> = {
  MILLRACE_CONFIG: EXIT.usage,
  MILLRACE_USAGE: EXIT.usage,
  MILLRACE_TOPOLOGY: EXIT.usage,
  MILLRACE_OUTPUT_CLOSED: EXIT.ok,
  MILLRACE_BROKER_UNREACHABLE: EXIT.broker,
  MILLRACE_BROKER_CLIENT_MISSING: EXIT.broker,
  MILLRACE_LOG_LOCKED: EXIT.broker,
  MILLRACE_GROUP_ACTIVE: EXIT.broker,
}

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof InterruptedError) return EXIT[error.by]
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return CODES[code] ?? EXIT.failed
}
