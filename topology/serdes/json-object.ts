// One JSON object by JSON.parse, all of it: the slow road of the scanner, and how a serde reads a value.
import { SerdeError } from '../errors.ts'
import { readUtf8 } from './text.ts'

/**
 * One JSON object by JSON.parse.
 * @throws SerdeError when the bytes are no UTF-8, no JSON or no object.
 */
export function parseObject(
  bytes: Uint8Array,
  start: number,
  end: number,
): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(readUtf8(bytes, start, end))
  } catch (cause) {
    const why = cause instanceof SyntaxError ? cause.message : 'the bytes are not valid UTF-8'
    throw new SerdeError(`not JSON: ${why}`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SerdeError('not a JSON object')
  }
  return value as Record<string, unknown>
}
