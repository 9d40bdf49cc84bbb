// What a topic does not take is found before it is sent, where its record is still at hand: a client that
// refuses it later ends the run, and a broker that does has refused the records beside it, too.
import type { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
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

/** A topic takes no record of such a time, or without a key. For the policy of its operator to judge (`onError`). */
export class RecordRefusedError extends Error {
  override readonly name = 'RecordRefusedError'
  readonly code = 'MILLRACE_RECORD_REFUSED'

  /** Says what of the record is not taken, and what helps. */
  constructor(topic: string, why: string, help: string) {
    super(`a record for ${topic} ${why}: ${help}, or set onError to 'skip' or deadLetter(topic)`)
  }
}

/** What the clock of a step and the limits of a topic say of the times that it takes. */
export type TimeLimits = Pick<TopicOutput, 'behindMsMax' | 'aheadMsMax'>

/** The time nearest to the record's that the topic takes, epoch ms. */
export function nearestTime(timestampMs: number, nowMs: number, limits: TimeLimits): number {
  return Math.max(nowMs - limits.behindMsMax, Math.min(timestampMs, nowMs + limits.aheadMsMax))
}

/**
 * What was written since the last row ended is a record of its own, of a time; epoch ms, as the wall clock.
 * @throws RecordTooLargeError, RecordRefusedError
 */
export function assertTaken(
  rows: RecordBatchBuilder,
  timestampMs: number,
  clock: { readonly nowMs: number },
  topic: string,
  output: TopicOutput,
): void {
  const { rowBytes } = rows
  if (rowBytes > output.recordBytesMax) {
    throw new RecordTooLargeError(topic, rowBytes, output.recordBytesMax)
  }
  if (output.aheadMsMax !== Infinity || output.behindMsMax !== Infinity) {
    assertTime(timestampMs, clock.nowMs, topic, output)
  }
}

function assertTime(timestampMs: number, nowMs: number, topic: string, output: TimeLimits): void {
  if (timestampMs > nowMs + output.aheadMsMax) {
    const why = `is ${timestampMs - nowMs} ms ahead of the clock and may be ${output.aheadMsMax}`
    throw new RecordRefusedError(topic, why, 'raise message.timestamp.after.max.ms of the topic')
  }
  if (timestampMs < nowMs - output.behindMsMax) {
    const why = `is ${nowMs - timestampMs} ms behind the clock and may be ${output.behindMsMax}`
    throw new RecordRefusedError(topic, why, 'raise message.timestamp.before.max.ms of the topic')
  }
}

/** The record has no key. @throws RecordRefusedError where the topic is compacted */
export function assertTakenWithoutKey(topic: string, output: TopicOutput): void {
  if (!output.needsKeys) return
  const why = 'has no key, and the topic is compacted'
  throw new RecordRefusedError(topic, why, 'give it one, or set cleanup.policy of the topic')
}
