// Moving a consumer that reads already. Used by both kinds of intake.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TopicPartitionOffset } from '../ports.ts'
import type { RdConsumer } from './rd-client.ts'

const SEEK_MS_MAX = 10_000
/** How long to wait before a seek that failed is tried again: until then the consumer reads on where it was. */
const REST_MS = 100

/** Who seeks, and who hears what went wrong. */
export interface Seeker {
  readonly consumer: RdConsumer
  failed(error: { readonly code: number; readonly message: string }): void
}

/**
 * Moves a consumer to an offset, however often that fails, while it is wanted. Nothing of the former
 * position comes after it.
 * @returns whether the consumer is there.
 */
export async function seek(
  seeker: Seeker,
  to: TopicPartitionOffset,
  isWanted: () => boolean,
): Promise<boolean> {
  while (isWanted()) {
    const error = await tried(seeker.consumer, to)
    if (error === undefined) return isWanted()
    seeker.failed(error)
    await sleep(REST_MS)
  }
  return false
}

function tried(
  consumer: RdConsumer,
  to: TopicPartitionOffset,
): Promise<{ readonly code: number; readonly message: string } | undefined> {
  return new Promise((done) => {
    consumer.seek(to, SEEK_MS_MAX, (error) => done(error ?? undefined))
  })
}
