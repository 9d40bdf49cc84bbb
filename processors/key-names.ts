// Texts that stand for keys: the same for keys whose bytes are the same. Coalescers hold updates by them.
import { ByteBuffer, type Serde } from '../topology/serdes/serde.ts'
import { readLatin1 } from '../topology/serdes/text.ts'

/** Short texts are made a character at a time, which costs less than a call of the platform's decoder. */
const SHORT = 48

/** Gives the text of a key. @throws SerdeError when the serde cannot write the key. */
export function keyNames(serde: Serde<never>): (key: unknown) => string {
  const buffer = new ByteBuffer()
  return (key) => {
    buffer.position = 0
    ;(serde as Serde<unknown>).serialize(key, buffer)
    const { bytes, position } = buffer
    return position <= SHORT
      ? readLatin1(bytes, 0, position)
      : Buffer.from(bytes.buffer, bytes.byteOffset, position).toString('latin1')
  }
}
