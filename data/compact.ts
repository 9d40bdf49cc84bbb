// JSON without the white space between its parts. On bytes, so that numbers, escapes and the order of
// fields stay as they are; JSON.stringify of a parsed row would change some of them.
import { BACKSLASH, CR, LF, QUOTE, SPACE, TAB } from './split.ts'

/** The JSON text in `source` from `start` to `end`, compact, in a buffer of its own. */
export function compact(source: Uint8Array, start: number, end: number): Buffer {
  const target = Buffer.allocUnsafe(end - start)
  let length = 0
  let at = start
  while (at < end) {
    const byte = source[at++]!
    if (byte === SPACE || byte === LF || byte === CR || byte === TAB) continue
    target[length++] = byte
    if (byte !== QUOTE) continue
    // On to the text's closing quote, in a loop of its own because most bytes are in texts.
    while (at < end) {
      const inner = source[at++]!
      target[length++] = inner
      if (inner === QUOTE) break
      if (inner === BACKSLASH && at < end) target[length++] = source[at++]!
    }
  }
  return target.subarray(0, length)
}
