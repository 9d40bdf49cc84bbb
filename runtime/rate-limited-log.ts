// A log that tells the same warning only now and then: an outage would else fill the disk with one line.
// start-streams.ts puts it before whatever log it was given.
import type { RunLog } from './run-log.ts'

/** How often one warning is told, at most. */
const EVERY_MS = 30_000
/** Warnings that are told apart; beyond that all of them count as new. */
const KINDS_MAX = 100

interface Told {
  readonly atMs: number
  /** Those that were not told since. */
  suppressed: number
}

/**
 * The same log, in which a warning is told once in 30 s; the next one says how many were `suppressed`. Two
 * are the same when text and error code are. Errors, and what is told at other levels, pass.
 * @param nowMs milliseconds that never run backwards.
 */
export function rateLimited(log: RunLog, nowMs = (): number => performance.now()): RunLog {
  const told = new Map<string, Told>()
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    error: (fields, message) => log.error(fields, message),
    warn: (fields: object | string, message?: string) => {
      const text = typeof fields === 'string' ? fields : (message ?? '')
      const given = typeof fields === 'string' ? {} : fields
      const kind = `${text} ${codeIn(given)}`
      const last = told.get(kind)
      const atMs = nowMs()
      if (last !== undefined && atMs - last.atMs < EVERY_MS) {
        last.suppressed += 1
        return
      }
      if (told.size >= KINDS_MAX) told.clear()
      told.set(kind, { atMs, suppressed: 0 })
      const suppressed = last?.suppressed ?? 0
      log.warn(suppressed === 0 ? given : { ...given, suppressed }, text)
    },
  }
}

function codeIn(fields: object): string {
  const err: unknown = 'err' in fields ? fields.err : undefined
  return typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : ''
}
