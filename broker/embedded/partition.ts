// The bounds of a partition: one small record that every append, deletion and idle poll reads.
import type { Log } from './log.ts'

export interface PartitionBounds {
  /** The first offset that is kept. */
  start: number
  /** The next offset to be written. */
  end: number
  /** Bytes of the batches that are kept. */
  bytes: number
}

const FIELDS = 3

/** Reads the bounds under a `partitionKey`; those of a partition never written are zero. */
export function readBounds(log: Log, key: Buffer): PartitionBounds {
  const value = log.partitions.getBinaryFast(key)
  if (value === undefined) return { start: 0, end: 0, bytes: 0 }
  const view = new DataView(value.buffer, value.byteOffset, FIELDS * 8)
  return {
    start: view.getFloat64(0, true),
    end: view.getFloat64(8, true),
    bytes: view.getFloat64(16, true),
  }
}

/** Writes them, in the transaction that changed them. */
export function writeBounds(log: Log, key: Buffer, { start, end, bytes }: PartitionBounds): void {
  const value = Buffer.alloc(FIELDS * 8)
  value.writeDoubleLE(start, 0)
  value.writeDoubleLE(end, 8)
  value.writeDoubleLE(bytes, 16)
  log.partitions.putSync(key, value)
}
