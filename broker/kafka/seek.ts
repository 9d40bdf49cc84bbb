// Moving a consumer that reads already. Used by both kinds of intake, which ask again until it went well.
import type { TopicPartitionOffset } from '../ports.ts'
import type { RdConsumer } from './rd-client.ts'

const SEEK_MS_MAX = 10_000

/** How long to wait before a seek that failed is tried again. */
export const SEEK_REST_MS = 100

/** Who seeks, and who hears what went wrong. */
export interface Seeker {
  readonly consumer: RdConsumer
  failed(error: { readonly code: number; readonly message: string }): void
}

/** Moves a consumer to an offset; false where that failed: then it reads on where it was. */
export function sought({ consumer, failed }: Seeker, to: TopicPartitionOffset): Promise<boolean> {
  return new Promise((done) => {
    consumer.seek(to, SEEK_MS_MAX, (error) => {
      if (error !== undefined && error !== null) failed(error)
      done(error === undefined || error === null)
    })
  })
}
