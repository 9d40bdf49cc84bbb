// What turns values into bytes and back. Serdes work on spans, so that no record needs a copy.

/** Where a serde writes: it reserves room, writes at `position` and moves it. */
export interface ByteSink {
  readonly bytes: Uint8Array
  /** The same bytes, for writing words and numbers. */
  readonly view: DataView
  position: number
  /** Makes room for `length` more bytes; `bytes` and `view` may be others afterwards. */
  reserve(length: number): void
}

/** Turns values of type `T` into bytes: all that a sink needs. */
export interface Serializer<T> {
  readonly name: string
  /** Writes the value's bytes. @throws SerdeError when the value is not of the declared type. */
  serialize(value: T, sink: ByteSink): void
}

/** Bytes from and to values of type `T`. A null key or value never reaches a serde. */
export interface Serde<T> extends Serializer<T> {
  /** Reads the value in `bytes` from `start` to `end`. @throws SerdeError when it is not one. */
  deserialize(bytes: Uint8Array, start: number, end: number): T
}

const ROOM_BYTES_MIN = 256
/** What is used again and again may keep so much room. */
export const ROOM_BYTES_KEPT = 4_194_304

/** A sink that grows; for what is not written straight into a batch. */
export class ByteBuffer implements ByteSink {
  bytes = new Uint8Array(ROOM_BYTES_MIN)
  view = new DataView(this.bytes.buffer)
  position = 0

  reserve(length: number): void {
    if (this.position + length <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.position + length))
    grown.set(this.bytes.subarray(0, this.position))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  /** Begins anew; what is there is gone. Much room is given back: one large value must not be paid for ever. */
  clear(): void {
    this.position = 0
    if (this.bytes.length <= ROOM_BYTES_KEPT) return
    this.bytes = new Uint8Array(ROOM_BYTES_MIN)
    this.view = new DataView(this.bytes.buffer)
  }

  /** The bytes written since the last call, as a copy. */
  take(): Uint8Array {
    const written = this.bytes.slice(0, this.position)
    this.position = 0
    return written
  }
}

/** Serializes one value into an array of its own. */
export function toBytes<T>(serde: Serializer<T>, value: T): Uint8Array {
  const buffer = new ByteBuffer()
  serde.serialize(value, buffer)
  return buffer.take()
}

/** Deserializes a whole array. */
export function fromBytes<T>(serde: Serde<T>, bytes: Uint8Array): T {
  return serde.deserialize(bytes, 0, bytes.length)
}
