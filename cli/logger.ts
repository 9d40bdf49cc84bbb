// The logger of the command line: lines for people on a terminal, JSON for machines elsewhere.
import { pino, stdSerializers, type Logger } from 'pino'
import { PinoPretty } from 'pino-pretty'

export type { Logger } from 'pino'

/** How much to log (pino's levels), and to whom. */
export interface LoggerOptions {
  readonly level: string
  /** Whether people read it as it comes. */
  readonly pretty: boolean
}

const PRETTY = {
  destination: 2,
  sync: true,
  singleLine: true,
  // `error` would take lines of its own.
  errorLikeObjectKeys: [],
  ignore: 'pid,hostname',
  translateTime: 'HH:MM:ss',
}

/**
 * Logs to stderr, so that stdout is free for data; each event is a line. For people the stack of an error, which
 * takes many, is told from the level debug on; JSON always has it. The pretty printer runs in this thread: a
 * worker transport would lose the last lines before an exit.
 */
export function createLogger({ level, pretty }: LoggerOptions): Logger {
  if (!pretty) return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }))
  // Under `err` it would take lines of its own, whatever the printer is told.
  const log = ({ err, ...fields }: Record<string, unknown>): Record<string, unknown> =>
    err instanceof Error ? { ...fields, error: shown(err) } : { ...fields, err }
  const shown = (error: Error): unknown => {
    if (logger.isLevelEnabled('debug')) return stdSerializers.err(error)
    const { code } = error as { code?: unknown }
    return { ...(code === undefined ? {} : { code }), message: error.message }
  }
  const logger = pino({ level, base: null, formatters: { log } }, PinoPretty(PRETTY))
  return logger
}
