// Watches stores over HTTP as any client of server-sent events does, and keeps what it is told as a table.
import type { StoreEvent, StoreRow } from '../../server/wire.ts'

/** What /watch has told so far. */
export class WatchedRows {
  readonly events: StoreEvent[] = []
  /** By store, then by key and partition. */
  readonly #rows = new Map<string, Map<string, StoreRow>>()
  readonly #stop = new AbortController()

  /** Begins to watch. @throws Error where the answer is no stream of events */
  static async open(url: string): Promise<WatchedRows> {
    const watched = new WatchedRows()
    const response = await fetch(url, { signal: watched.#stop.signal })
    if (response.headers.get('content-type') !== 'text/event-stream') {
      throw new Error(`${response.status}: ${await response.text()}`)
    }
    void watched.#read(response.body!.pipeThrough(new TextDecoderStream()))
    return watched
  }

  /** The values of a store by key. */
  values(store: string): Record<string, unknown> {
    const rows = [...(this.#rows.get(store)?.values() ?? [])]
    return Object.fromEntries(
      rows.map(({ key, value }) => [typeof key === 'string' ? key : JSON.stringify(key), value]),
    )
  }

  /** Hangs up. */
  close(): void {
    this.#stop.abort()
  }

  async #read(texts: ReadableStream<string>): Promise<void> {
    let left = ''
    try {
      for await (const text of texts) {
        const events = (left + text).split('\n\n')
        left = events.pop()!
        for (const event of events)
          this.#take(JSON.parse(event.slice('data: '.length)) as StoreEvent)
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    }
  }

  #take(event: StoreEvent): void {
    this.events.push(event)
    const { store, isWhole, rows, removed } = event
    const known = (!isWhole && this.#rows.get(store)) || new Map<string, StoreRow>()
    const idOf = ({ key, window, partition }: (typeof removed)[number]): string =>
      JSON.stringify([key, window, partition])
    for (const row of removed) known.delete(idOf(row))
    for (const row of rows) known.set(idOf(row), row)
    this.#rows.set(store, known)
  }
}
