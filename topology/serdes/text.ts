// Strings as UTF-8 bytes in place: short ASCII is written by hand, the rest by the platform's encoder.
import { SerdeError } from '../errors.ts'
import type { ByteSink } from './serde.ts'

const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const SHORT = 48

/** Writes the UTF-8 bytes of a string; lone surrogates become U+FFFD as in the WHATWG encoder. */
export function writeUtf8(text: string, sink: ByteSink): void {
  const length = text.length
  sink.reserve(length * 3)
  const { bytes } = sink
  let at = sink.position
  if (length <= SHORT) {
    let i = 0
    for (; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) break
      bytes[at++] = code
    }
    if (i === length) {
      sink.position = at
      return
    }
    at = sink.position
  }
  sink.position = at + encoder.encodeInto(text, bytes.subarray(at)).written
}

/** A value as JSON. @throws SerdeError when it has no JSON form: a function, a bigint, a circle. */
export function jsonTextOf(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new SerdeError(`no JSON form: ${(cause as Error).message.split('\n')[0]}`, { cause })
  }
  if (text === undefined) throw new SerdeError(`${typeof value} has no JSON form`)
  return text
}

/** Reads UTF-8 bytes. @throws TypeError when they are not valid UTF-8. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT) {
    let all = 0
    for (let at = start; at < end; at++) all |= bytes[at]!
    if (all <= 0x7f) return readLatin1(bytes, start, end)
  }
  return strict.decode(bytes.subarray(start, end))
}

/** Reads bytes as one character each: of ASCII its text, of anything else no more than a stand-in. */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  let at = start
  // Several at once: each `+=` makes a string, which a character at a time would be one each.
  for (; at + 8 <= end; at += 8) {
    const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!]
    const [e, f, g, h] = [bytes[at + 4]!, bytes[at + 5]!, bytes[at + 6]!, bytes[at + 7]!]
    text += String.fromCharCode(a, b, c, d, e, f, g, h)
  }
  for (; at + 4 <= end; at += 4) {
    text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
  }
  for (; at + 2 < end; at += 3)
    text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!)
  for (; at < end; at++) text += String.fromCharCode(bytes[at]!)
  return text
}
