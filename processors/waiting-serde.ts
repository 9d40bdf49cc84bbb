// A record that waits for its time in a store: its value and, as in Kafka's buffer, the headers it came with.
import { packHeaders, unpackHeaders, type RecordHeader } from '../broker/record-headers.ts'
import type { ByteSink, Serde } from '../topology/serdes/serde.ts'

/** What waits under its key and time. */
export interface Waiting {
  readonly value: unknown
  readonly headers: readonly RecordHeader[]
}

const LENGTH_BYTES = 4

/** The serde of records whose values `value` writes: the headers, packed, behind their length, then the value. */
export function waitingSerde(value: Serde<unknown>): Serde<unknown> {
  return {
    name: `waiting(${value.name})`,
    serialize(waiting: unknown, sink: ByteSink): void {
      const { value: of, headers } = waiting as Waiting
      const packed = packHeaders(headers)
      sink.reserve(LENGTH_BYTES + packed.length)
      sink.view.setUint32(sink.position, packed.length)
      sink.bytes.set(packed, sink.position + LENGTH_BYTES)
      sink.position += LENGTH_BYTES + packed.length
      value.serialize(of, sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number): Waiting {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const headersStart = start + LENGTH_BYTES
      const valueStart = headersStart + view.getUint32(start)
      const headers = unpackHeaders(bytes.subarray(headersStart, valueStart))
      return { value: value.deserialize(bytes, valueStart, end), headers }
    },
  }
}
