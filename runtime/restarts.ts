// Starts the client of a job anew when the broker has given it up: its member or producer is over, though
// the job is not. What was committed stays, and all tasks begin there again.
import { setTimeout as sleep } from 'node:timers/promises'
import type { MetricSlab } from './metrics/slab.ts'
import type { RunLog } from './run-log.ts'
import type { StreamClient } from './stream-client.ts'

/** Makes a client; its metrics go on from those of the one before. */
export type OpenClient = (former: readonly MetricSlab[] | undefined) => Promise<StreamClient>

/** Of two processes with one name each would end the other for ever. */
const RESTARTS_MAX = 5
const WINDOW_MS = 600_000
const REST_MS = 500

/** The client that runs now, and those after it. */
export class Restarts {
  client: StreamClient
  readonly #open: OpenClient
  readonly #log: RunLog
  readonly #stopping = new AbortController()
  #restartsMs: number[] = []

  /** `first` is a client that `open` made. */
  constructor(first: StreamClient, open: OpenClient, log: RunLog) {
    this.client = first
    this.#open = open
    this.#log = log
  }

  /** Asks for an orderly stop; `run` resolves after it. */
  stop(): void {
    this.#stopping.abort()
    this.client.stop()
  }

  /** Runs until stopped, or until all is done. @throws what ended a client for good. */
  async run(): Promise<void> {
    for (;;) {
      try {
        return await this.client.run()
      } catch (error) {
        if (!this.#mayRestart(error)) throw error
        this.#log.warn({ err: error }, 'the broker has given this instance up: it joins anew')
        await sleep(REST_MS * this.#restartsMs.length, undefined, {
          signal: this.#stopping.signal,
        }).catch(() => undefined)
        if (this.#stopping.signal.aborted) return
        this.client = await this.#open(this.client.metrics)
      }
    }
  }

  #mayRestart(error: unknown): boolean {
    if ((error as { code?: unknown }).code !== 'MILLRACE_FENCED') return false
    const nowMs = Date.now()
    this.#restartsMs = this.#restartsMs.filter((ms) => nowMs - ms < WINDOW_MS)
    if (this.#stopping.signal.aborted || this.#restartsMs.length >= RESTARTS_MAX) return false
    this.#restartsMs.push(nowMs)
    return true
  }
}
