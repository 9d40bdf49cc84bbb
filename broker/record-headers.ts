// The headers of a record and their packed form: the last part of a row in a record batch.

/** One record header. Names may repeat; order is kept. */
export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

const utf8 = new TextEncoder()
const fromUtf8 = new TextDecoder()

/** Headers as bytes: per header u32 key length, key, i32 value length (-1 for null), value. */
export function packHeaders(headers: readonly RecordHeader[]): Uint8Array {
  const keys = headers.map(({ key }) => utf8.encode(key))
  const length = headers.reduce(
    (sum, { value }, i) => sum + 8 + (keys[i]?.length ?? 0) + (value?.length ?? 0),
    0,
  )
  const packed = new Uint8Array(length)
  const view = new DataView(packed.buffer)
  let at = 0
  headers.forEach(({ value }, i) => {
    const key = keys[i] ?? new Uint8Array(0)
    view.setUint32(at, key.length, true)
    packed.set(key, at + 4)
    at += 4 + key.length
    view.setInt32(at, value === null ? -1 : value.length, true)
    at += 4
    if (value !== null) {
      packed.set(value, at)
      at += value.length
    }
  })
  return packed
}

/** The headers that `packHeaders` packed; their values are copies. */
export function unpackHeaders(packed: Uint8Array): RecordHeader[] {
  const headers: RecordHeader[] = []
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  let at = 0
  while (at < packed.length) {
    const keyLength = view.getUint32(at, true)
    const key = fromUtf8.decode(packed.subarray(at + 4, at + 4 + keyLength))
    at += 4 + keyLength
    const valueLength = view.getInt32(at, true)
    at += 4
    const value = valueLength < 0 ? null : packed.slice(at, at + valueLength)
    at += Math.max(valueLength, 0)
    headers.push({ key, value })
  }
  return headers
}
