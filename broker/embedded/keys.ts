// The keys of the log's tables: big-endian numbers, so that the order of bytes is the order of offsets.

const BATCH_KEY_BYTES = 16
const U32 = 2 ** 32

/** Key of the batch that begins at `offset`. */
export function batchKey(topicId: number, partition: number, offset: number): Buffer {
  return writeBatchKey(Buffer.allocUnsafe(BATCH_KEY_BYTES), topicId, partition, offset)
}

/** The same in a buffer that the caller uses again. */
export function writeBatchKey(
  key: Buffer,
  topicId: number,
  partition: number,
  offset: number,
): Buffer {
  key.writeUInt32BE(topicId, 0)
  key.writeUInt32BE(partition, 4)
  key.writeUInt32BE(Math.floor(offset / U32), 8)
  key.writeUInt32BE(offset % U32, 12)
  return key
}

/** The offset in a batch's key. */
export function offsetOfKey(key: Buffer): number {
  return key.readUInt32BE(8) * U32 + key.readUInt32BE(12)
}

/** Key of a partition's bounds. */
export function partitionKey(topicId: number, partition: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeUInt32BE(topicId, 0)
  key.writeUInt32BE(partition, 4)
  return key
}
