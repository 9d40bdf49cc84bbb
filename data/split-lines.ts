// Splits JSON lines: a row is a line, so a broken one costs no other. rows.ts calls it.
import { LF, ROW_BYTES_MAX, isSpace } from './split.ts'
import type { SplitSink, Splitter } from './split.ts'

/** A splitter for one JSON object a line; empty lines are passed over. */
export function lineSplitter(sink: SplitSink): Splitter {
  let pending: Buffer[] = []
  let pendingBytes = 0
  let isTooLong = false
  let line = 1

  function give(bytes: Buffer, from: number, until: number): void {
    let start = from
    let end = until
    while (start < end && isSpace(bytes[start]!)) start += 1
    while (end > start && isSpace(bytes[end - 1]!)) end -= 1
    if (isTooLong) sink.broken(line, `the line is longer than ${ROW_BYTES_MAX} bytes`)
    else if (end > start) sink.row(bytes, start, end, line)
    isTooLong = false
  }

  function hold(rest: Buffer): void {
    isTooLong ||= pendingBytes + rest.length > ROW_BYTES_MAX
    pending = isTooLong ? [] : [...pending, rest]
    pendingBytes = isTooLong ? 0 : pendingBytes + rest.length
  }

  return {
    push(chunk) {
      let start = 0
      for (;;) {
        const end = chunk.indexOf(LF, start)
        if (end < 0) break
        if (pendingBytes > 0 || isTooLong) {
          hold(chunk.subarray(start, end))
          const whole = Buffer.concat(pending)
          pending = []
          pendingBytes = 0
          give(whole, 0, whole.length)
        } else {
          give(chunk, start, end)
        }
        line += 1
        start = end + 1
      }
      if (start < chunk.length) hold(chunk.subarray(start))
    },
    end() {
      const whole = Buffer.concat(pending)
      if (whole.length > 0 || isTooLong) give(whole, 0, whole.length)
    },
  }
}
