// Where the page's data come from: one stream of events for the three stores. It is open while somebody sees
// the page, and begins anew with all rows whenever it was cut.
import type { Connection } from './freshness.ts'
import type { StoreEvent } from './rows.ts'

const URL = '/watch?store=status&store=weather&store=ways'
const STORES = 3
const RETRY_MS = 2_000

/** The stream of events. */
export class Feed {
  readonly #onEvent: (event: StoreEvent) => boolean
  #source: EventSource | undefined
  #isOpen = false
  #heardMs: number | undefined
  #changedMs: number | undefined
  #begun = new Set<string>()

  /** `onEvent` says whether an event has changed anything. */
  constructor(onEvent: (event: StoreEvent) => boolean) {
    this.#onEvent = onEvent
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#close()
      else if (this.#source === undefined) this.#open()
    })
    this.#open()
  }

  /** What is known of the connection now. */
  get connection(): Connection {
    return { isOpen: this.#isOpen, heardMs: this.#heardMs, changedMs: this.#changedMs }
  }

  /** Whether all stores have been told. */
  get isComplete(): boolean {
    return this.#begun.size === STORES
  }

  #open(): void {
    const source = new EventSource(URL)
    this.#source = source
    source.addEventListener('open', () => (this.#isOpen = true))
    source.addEventListener('error', () => {
      this.#isOpen = false
      if (source !== this.#source) return
      // The browser tries again by itself but where the server has answered with an error.
      if (source.readyState === EventSource.CLOSED) {
        this.#source = undefined
        setTimeout(() => this.#source ?? this.#open(), RETRY_MS)
      }
    })
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as StoreEvent
      this.#heardMs = Date.now()
      this.#begun.add(event.store)
      const isNews = this.#onEvent(event)
      if (isNews) this.#changedMs = this.#heardMs
    })
  }

  #close(): void {
    this.#source?.close()
    this.#source = undefined
  }
}
