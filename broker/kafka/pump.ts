// The loop that consumes: one call in flight, armed again before the rows of the last are handled.
// Whatever changes what is consumed runs between two calls, so that no row of before comes after.
import type { RdEndOfPartition, RdMessage, RdNativeConsumer } from './rd-client.ts'

/** What takes the rows. */
export interface PumpTarget {
  rows(messages: readonly RdMessage[]): void
  ends(ends: readonly RdEndOfPartition[]): void
  failed(error: { readonly code: number; readonly message: string }): void
}

const ROWS_MAX = 1_000
/** How long a call waits for a first row; a change waits as long for its turn. */
const IDLE_MS = 20
/** Fewer rows than this at a time: a moment's rest makes them come in groups. */
const FEW_ROWS = 16
const REST_MS = 1
const ERROR_REST_MS = 50

/** Consumes for ever; it also serves the client's callbacks, so it must run without rows as well. */
export class Pump {
  readonly #native: RdNativeConsumer
  readonly #target: PumpTarget
  readonly #changes: (() => Promise<void>)[] = []
  #state: 'running' | 'stopping' | 'stopped' = 'running'
  #idle = true
  #stopped: (() => void) | undefined

  constructor(native: RdNativeConsumer, target: PumpTarget) {
    this.#native = native
    this.#target = target
    this.#arm()
  }

  /** Runs `change` when no call is in flight; at once when the pump has stopped. */
  between<T>(change: () => T | Promise<T>): Promise<T> {
    if (this.#state === 'stopped') return Promise.resolve().then(change)
    return new Promise((done, fail) => {
      this.#changes.push(() => Promise.resolve().then(change).then(done, fail))
    })
  }

  /** Ends the loop after the call in flight. */
  stop(): Promise<void> {
    if (this.#state === 'stopped') return Promise.resolve()
    this.#state = 'stopping'
    return new Promise((done) => {
      const before = this.#stopped
      this.#stopped = () => {
        before?.()
        done()
      }
    })
  }

  #arm(): void {
    if (this.#changes.length > 0) {
      void this.#runChanges()
    } else if (this.#state === 'stopping') {
      this.#state = 'stopped'
      this.#stopped?.()
    } else {
      // The client waits its timeout for each row: zero takes what is there, one row ends a wait.
      this.#native.consume(
        this.#idle ? IDLE_MS : 0,
        this.#idle ? 1 : ROWS_MAX,
        (error, messages, ends) => this.#consumed(error, messages, ends),
      )
    }
  }

  #consumed(
    error: { readonly code: number; readonly message: string } | null,
    messages: readonly RdMessage[],
    ends: readonly RdEndOfPartition[],
  ): void {
    if (error !== null) {
      this.#idle = true
      this.#target.failed(error)
      setTimeout(() => this.#arm(), ERROR_REST_MS)
      return
    }
    const count = messages.length
    this.#idle = count === 0
    if (count > 0 && count < FEW_ROWS && this.#changes.length === 0) {
      setTimeout(() => this.#arm(), REST_MS)
    } else {
      this.#arm()
    }
    if (count > 0) this.#target.rows(messages)
    if (ends.length > 0) this.#target.ends(ends)
  }

  async #runChanges(): Promise<void> {
    // The rows of the call before are handled first: it armed us.
    await Promise.resolve()
    for (;;) {
      const change = this.#changes.shift()
      if (change === undefined) break
      await change()
    }
    this.#arm()
  }
}
