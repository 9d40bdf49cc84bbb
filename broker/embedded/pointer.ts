// Where a batch lies: the value of the log's `batches` table, one small record a batch.

export interface Pointer {
  /** The segment file. */
  readonly segment: number
  readonly position: number
  /** Bytes of the packed batch. */
  readonly length: number
  /** CRC-32 of these bytes. */
  readonly checksum: number
  /** Rows of the batch. */
  readonly count: number
  /** When it was appended, epoch milliseconds. */
  readonly appendedMs: number
}

const POINTER_BYTES = 32

/** A pointer as it is stored. */
export function packPointer(pointer: Pointer): Buffer {
  const value = Buffer.allocUnsafe(POINTER_BYTES)
  value.writeUInt32LE(pointer.segment, 0)
  value.writeUInt32LE(pointer.count, 4)
  value.writeUInt32LE(pointer.length, 8)
  value.writeUInt32LE(pointer.checksum, 12)
  value.writeDoubleLE(pointer.position, 16)
  value.writeDoubleLE(pointer.appendedMs, 24)
  return value
}

/** Reads one. @throws Error when the bytes are no pointer. */
export function readPointer(value: Uint8Array): Pointer {
  if (value.length < POINTER_BYTES) throw new Error('its place is not known')
  const view = new DataView(value.buffer, value.byteOffset, POINTER_BYTES)
  return {
    segment: view.getUint32(0, true),
    count: view.getUint32(4, true),
    length: view.getUint32(8, true),
    checksum: view.getUint32(12, true),
    position: view.getFloat64(16, true),
    appendedMs: view.getFloat64(24, true),
  }
}
