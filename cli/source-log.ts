// What a source logs: where it reads, what it has read now and then, and what keeps it waiting.
import type { SourceConfig } from '../config/source.ts'
import type { SourceEvents } from '../connect/postgres/source.ts'
import { rateLimited } from '../runtime/rate-limited-log.ts'
import type { Logger } from './logger.ts'

/** The log lines of a source. */
export class SourceLog {
  readonly events: SourceEvents
  readonly #logger: Logger
  readonly #rows = new Map<string, number>()
  readonly #timer: NodeJS.Timeout | undefined
  #sinceMs = performance.now()

  /** `intervalMs` below 0 sums nothing up. */
  constructor(logger: Logger, { name, mode }: SourceConfig, intervalMs: number) {
    this.#logger = logger
    const warnings = rateLimited(logger)
    this.events = {
      onConnected: (database) => logger.info({ source: name, mode, database }, 'connected'),
      onCommitted: (table, topic, rows, place) => {
        this.#rows.set(table, (this.#rows.get(table) ?? 0) + rows)
        logger.debug({ table, topic, rows, place }, 'committed')
      },
      onRetry: (err, waitMs) =>
        warnings.warn({ source: name, waitMs, err }, 'the source cannot read and tries again'),
      onWaiting: (table, waitedMs, processes) =>
        warnings.warn(
          { table, waitedMs: Math.round(waitedMs), processes },
          `transactions that write to ${table} keep it from being read (writers.wait)`,
        ),
    }
    if (intervalMs < 0) return
    this.#timer = setInterval(() => this.#sumUp(), intervalMs).unref()
  }

  /** Says what was read since the last time, and ends. */
  close(): void {
    clearInterval(this.#timer)
    this.#sumUp()
  }

  #sumUp(): void {
    const seconds = (performance.now() - this.#sinceMs) / 1_000
    for (const [table, rows] of this.#rows) this.#logger.info({ table, rows, seconds }, 'read')
    this.#rows.clear()
    this.#sinceMs = performance.now()
  }
}
