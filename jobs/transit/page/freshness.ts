// How old what is shown is, and what the page says about it. Needs no browser.

/** Without a word from the server for so long, the connection is lost; it speaks every five seconds. */
export const SILENCE_MS_MAX = 12_000
/** Without a change for so long, nothing is produced. */
export const STILL_MS_MAX = 60_000

/** What is known of the connection, times by the clock of the browser, epoch ms. */
export interface Connection {
  readonly isOpen: boolean
  /** When the server last said anything; undefined before it has. */
  readonly heardMs: number | undefined
  /** When something last changed, or all was read at first. */
  readonly changedMs: number | undefined
}

/** What is said, and whether what is shown may be old. */
export interface Freshness {
  readonly kind: 'connecting' | 'live' | 'still' | 'lost'
  readonly text: string
}

/** What to say of the age of the data. */
export function freshnessOf(
  { isOpen, heardMs, changedMs }: Connection,
  nowMs: number,
  clock: (ms: number) => string,
): Freshness {
  if (heardMs === undefined || changedMs === undefined) {
    return { kind: 'connecting', text: 'Connecting' }
  }
  if (!isOpen || nowMs - heardMs > SILENCE_MS_MAX) {
    return {
      kind: 'lost',
      text: `Connection lost. What you see is of ${clock(heardMs)}; trying again.`,
    }
  }
  if (nowMs - changedMs > STILL_MS_MAX) {
    return { kind: 'still', text: `No events since ${clock(changedMs)}` }
  }
  return { kind: 'live', text: 'Live' }
}
