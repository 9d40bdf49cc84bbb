// What is too large for its topic is found before it is sent, where its record is still at hand: a client that
// refuses it later ends the run, and a broker that does has refused the records beside it, too.
import type { RecordBatchBuilder } from '../broker/record-batch.ts'
import type { TopicOutput } from './processor.ts'

/** A result is larger than a record of its topic may be. For the policy of its operator to judge (`onError`). */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError'
  readonly code = 'MILLRACE_RECORD_TOO_LARGE'

  /** Both sizes in bytes: key, value and headers together. */
  constructor(topic: string, bytes: number, bytesMax: number) {
    super(
      `a record for ${topic} has ${bytes} bytes and may have ${bytesMax}: raise producer.message.max.bytes and max.message.bytes of the topic, or set onError to 'skip' or deadLetter(topic)`,
    )
  }
}

/** What was written since the last row ended is a record of its own. @throws RecordTooLargeError */
export function assertFits(rows: RecordBatchBuilder, topic: string, output: TopicOutput): void {
  const { rowBytes } = rows
  if (rowBytes > output.recordBytesMax) {
    throw new RecordTooLargeError(topic, rowBytes, output.recordBytesMax)
  }
}
