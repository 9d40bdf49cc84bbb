// Bytes as hexadecimal text, so that a test shows what lies on the wire.
import {
  ByteBuffer,
  fromBytes,
  type Serde,
  type Serializer,
} from '../../../topology/serdes/serde.ts'

/** A value's bytes as hexadecimal digits. They are written behind others, as in a batch. */
export function hexOf<T>(serde: Serializer<T>, value: T): string {
  const buffer = new ByteBuffer()
  buffer.reserve(3)
  buffer.position = 3
  serde.serialize(value, buffer)
  return Buffer.from(buffer.take().subarray(3)).toString('hex')
}

/** The value of bytes given as hexadecimal digits, read out of the middle of an array. */
export function fromHex<T>(serde: Serde<T>, hex: string): T {
  const bytes = Buffer.from(`ffff${hex}ffff`, 'hex')
  return serde.deserialize(bytes, 2, bytes.length - 2)
}

export const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The value of a text's UTF-8 bytes. */
export const fromText = <T>(serde: Serde<T>, text: string): T => fromBytes(serde, encoded(text))
