// One line that says how things stand: redrawn on a terminal, a new one now and then elsewhere. On stderr,
// stdout is for results. Used by what runs until it is stopped.

/** Shows a text until `stop`. */
export interface StatusLine {
  /** May be called often. */
  update(text: string): void
  /** Takes the line away from a terminal. */
  stop(): void
}

const REDRAW_MS = 200
const LINE_INTERVAL_MS = 10_000
const CLEAR = '\r\u001b[2K'

/** Starts a status line. */
export function startStatusLine(isTerminal = process.stderr.isTTY): StatusLine {
  const intervalMs = isTerminal ? REDRAW_MS : LINE_INTERVAL_MS
  let shownAtMs = -Infinity
  return {
    update(text) {
      const nowMs = performance.now()
      if (nowMs - shownAtMs < intervalMs) return
      shownAtMs = nowMs
      // A longer line would wrap, and only its last part could be taken away again.
      const columns = process.stderr.columns || 80
      process.stderr.write(isTerminal ? CLEAR + text.slice(0, columns - 1) : `${text}\n`)
    },
    stop() {
      if (isTerminal) process.stderr.write(CLEAR)
    },
  }
}
