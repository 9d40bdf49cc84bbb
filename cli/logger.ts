// The logger of the command line: lines for people on a terminal, JSON for machines elsewhere.
import { pino, type Logger } from 'pino'
import { PinoPretty } from 'pino-pretty'

export type { Logger } from 'pino'

/** How much to log (pino's levels), and to whom. */
export interface LoggerOptions {
  readonly level: string
  /** Whether people read it as it comes. */
  readonly pretty: boolean
}

/**
 * Logs to stderr, so that stdout is free for data. The pretty printer runs in this thread: a worker
 * transport would lose the last lines before an exit.
 */
export function createLogger({ level, pretty }: LoggerOptions): Logger {
  const destination = pretty
    ? PinoPretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })
    : pino.destination({ dest: 2, sync: true })
  return pino({ level, base: null }, destination)
}
