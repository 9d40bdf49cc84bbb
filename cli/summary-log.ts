// One log line now and then that sums up what was processed (Kafka's log.summary.interval.ms).
import type { QueryProgress } from '../runtime/progress.ts'
import type { Logger } from './logger.ts'

export class SummaryLog {
  readonly #logger: Logger
  #timer: NodeJS.Timeout | undefined
  #intervalMs = -1
  #rows = 0
  #results = 0
  #commits = 0
  #sinceMs = performance.now()

  /** `intervalMs` below 0 logs nothing. */
  constructor(logger: Logger, intervalMs: number) {
    this.#logger = logger
    this.every(intervalMs)
  }

  /** From now on logs at another interval. */
  every(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return
    this.#intervalMs = intervalMs
    clearInterval(this.#timer)
    if (intervalMs < 0) return
    this.#timer = setInterval(() => this.#log(), intervalMs)
    this.#timer.unref()
  }

  add({ numInputRows, sink }: QueryProgress): void {
    this.#rows += numInputRows
    this.#results += sink.numOutputRows
    this.#commits += 1
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #log(): void {
    const seconds = (performance.now() - this.#sinceMs) / 1_000
    const { rows, results, commits } = {
      rows: this.#rows,
      results: this.#results,
      commits: this.#commits,
    }
    this.#logger.info({ rows, results, commits, seconds }, 'processed')
    this.#rows = this.#results = this.#commits = 0
    this.#sinceMs = performance.now()
  }
}
