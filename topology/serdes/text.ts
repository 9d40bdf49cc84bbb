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
    let text = ''
    let i = start
    for (; i < end; i++) {
      const byte = bytes[i]!
      if (byte > 0x7f) break
      text += String.fromCharCode(byte)
    }
    if (i === end) return text
  }
  return strict.decode(bytes.subarray(start, end))
}

/** Reads bytes as one character each: of ASCII its text, of anything else no more than a stand-in. */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!)
  return text
}
