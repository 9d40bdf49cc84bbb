// Both sides of a table's change in one value, as it travels through a repartition topic (Kafka's
// ChangedSerializer): what a row was, and what it is.
import { ByteBuffer, type ByteSink, type Serde } from '../topology/serdes/serde.ts'

/** A change of a row; at least one side is not null. */
export interface Change {
  readonly newValue: unknown
  readonly oldValue: unknown
}

const NEW = 1
const OLD = 2
const HEADER_BYTES = 5

/** The serde of changes of values that `value` writes. */
export function changeSerde(value: Serde<unknown>): Serde<unknown> {
  const buffer = new ByteBuffer()
  return {
    name: `change(${value.name})`,
    serialize(change: unknown, sink: ByteSink): void {
      const { newValue, oldValue } = change as Change
      buffer.position = 0
      if (newValue !== null) value.serialize(newValue, buffer)
      const newLength = buffer.position
      if (oldValue !== null) value.serialize(oldValue, buffer)
      sink.reserve(HEADER_BYTES + buffer.position)
      const at = sink.position
      sink.view.setUint8(at, (newValue === null ? 0 : NEW) | (oldValue === null ? 0 : OLD))
      sink.view.setUint32(at + 1, newLength)
      sink.bytes.set(buffer.bytes.subarray(0, buffer.position), at + HEADER_BYTES)
      sink.position = at + HEADER_BYTES + buffer.position
    },
    deserialize(bytes: Uint8Array, start: number, end: number): Change {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const flags = view.getUint8(start)
      const newStart = start + HEADER_BYTES
      const oldStart = newStart + view.getUint32(start + 1)
      return {
        newValue: flags & NEW ? value.deserialize(bytes, newStart, oldStart) : null,
        oldValue: flags & OLD ? value.deserialize(bytes, oldStart, end) : null,
      }
    },
  }
}

/** The value of a row that only counts: that it is there. */
export const presence: Serde<unknown> = {
  name: 'presence',
  serialize: () => undefined,
  deserialize: () => true,
}
