// JSON without the white space between its parts. On bytes, so that numbers, escapes and the order of
// fields stay as they are; JSON.stringify of a parsed row would change some of them.
import { BACKSLASH, QUOTE, isSpace } from './split.ts'

/** The JSON text in `source` from `start` to `end`, compact, in a buffer of its own. */
export function compact(source: Uint8Array, start: number, end: number): Buffer {
  const target = Buffer.allocUnsafe(end - start)
  let length = 0
  let isText = false
  for (let at = start; at < end; at++) {
    const byte = source[at]!
    if (isText) {
      target[length++] = byte
      if (byte === BACKSLASH && at + 1 < end) target[length++] = source[++at]!
      else if (byte === QUOTE) isText = false
    } else if (byte > 32 || !isSpace(byte)) {
      target[length++] = byte
      isText = byte === QUOTE
    }
  }
  return target.subarray(0, length)
}
