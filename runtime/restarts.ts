// Starts the client of a job anew when the broker has given it up: its member or producer is over, though
// the job is not. What was committed stays, and all tasks begin there again.
import type { Clock } from './clock.ts'
import type { MetricSlab } from './metrics/slab.ts'
import type { RunLog } from './run-log.ts'
import type { StreamClient } from './stream-client.ts'
import { patiently } from './task-bounds.ts'

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
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  #restartsMs: number[] = []
  #isRenewing = false

  /** `first` is a client that `open` made. */
  constructor(first: StreamClient, open: OpenClient, log: RunLog, clock: Clock) {
    this.#clock = clock
    this.client = first
    this.#open = open
    this.#log = log
  }

  /** Asks for an orderly stop; `run` resolves after it. */
  stop(): void {
    this.#stopping.abort()
    this.client.stop()
  }

  /** Ends the client in good order and opens another, whose metrics begin anew. */
  renew(): void {
    this.#isRenewing = true
    this.client.stop()
  }

  /**
   * Runs until stopped, or until all is done. A client that is given up while it stops has stopped: what it did not
   * commit is processed again by who comes next (Kafka Streams' TaskManager shuts down over it alike).
   * @throws what ended a client for good.
   */
  async run(): Promise<void> {
    for (;;) {
      try {
        await this.client.run()
        if (!this.#isRenewing || this.#stopping.signal.aborted) return
        this.#isRenewing = false
        if (!(await this.#replace(undefined))) return
      } catch (error) {
        if (!isFenced(error)) throw error
        if (this.#stopping.signal.aborted) {
          this.#log.warn({ err: error }, 'the broker gave this instance up as it stopped')
          return
        }
        if (!this.#mayRestart()) throw error
        this.#log.warn({ err: error }, 'the broker has given this instance up: it joins anew')
        await this.#clock.sleep(REST_MS * this.#restartsMs.length, this.#stopping.signal)
        if (this.#stopping.signal.aborted) return
        if (!(await this.#replace(this.client.metrics))) return
      }
    }
  }

  /**
   * A broker that is away is waited for: it may be why the client before was given up. A stop that comes meanwhile is
   * told to that one only. @returns false where there is no other since it came.
   */
  async #replace(metrics: readonly MetricSlab[] | undefined): Promise<boolean> {
    const { signal } = this.#stopping
    try {
      this.client = await patiently(() => this.#open(metrics), signal, this.#clock)
    } catch (error) {
      if (signal.aborted) return false
      throw error
    }
    if (signal.aborted) this.client.stop()
    return true
  }

  #mayRestart(): boolean {
    const nowMs = this.#clock.monotonicMs()
    this.#restartsMs = this.#restartsMs.filter((ms) => nowMs - ms < WINDOW_MS)
    if (this.#restartsMs.length >= RESTARTS_MAX) return false
    this.#restartsMs.push(nowMs)
    return true
  }
}

const isFenced = (error: unknown): boolean =>
  (error as { code?: unknown }).code === 'MILLRACE_FENCED'
