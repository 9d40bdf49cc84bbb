// An error as people read it: one line, or one per problem, and what to do.
import { ConfigError } from '../config/config.ts'
import { EXIT, InterruptedError, OutputClosedError, exitCodeOf } from './exit-codes.ts'

/** The text for stderr; empty when there is nothing to say. The stack comes with `isVerbose` only. */
export function explain(error: unknown, isVerbose: boolean): string {
  if (error instanceof InterruptedError || error instanceof OutputClosedError) return ''
  if (!(error instanceof Error)) return `error: ${String(error)}\n`
  if (isVerbose) return `error: ${stackOf(error)}\n`
  if (error instanceof ConfigError) {
    return error.problems
      .map(({ source, key, message }) => `error: ${source}: ${key}: ${message}\n`)
      .join('')
  }
  const hint =
    isOurs(error) || exitCodeOf(error) !== EXIT.failed ? '' : ' (--verbose shows the stack)'
  return `error: ${oneLine(error.message)}${hint}\n`
}

/** Errors with a code of ours say themselves what to do. */
function isOurs(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('MILLRACE_')
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own
}

function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, ' ')
}
