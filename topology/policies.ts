// What becomes of records that fail, are dropped, or have no event time: the words for it that a job says.
import type { DurationMs } from './duration.ts'

/** What becomes of a record that fails: the run ends, or it is dropped and counted. */
export type ErrorPolicy = 'fail' | 'skip' | DeadLetter

/**
 * What becomes of a record of a global table or store that fails: the run ends, or the record is counted and
 * left out. Never a dead letter: every instance reads all of the topic, and each would write one.
 */
export type GlobalErrorPolicy = 'fail' | 'skip'

/** Bad records go to this topic: bytes as they came, the reason in `__streams.errors.*` headers. */
export interface DeadLetter {
  readonly kind: 'dead-letter'
  readonly topic: string
}

/**
 * What becomes of a record that an operator drops, beside the count: nothing, or it goes to a topic as it
 * came, the reason in `__streams.drop.*` headers. Kafka Streams writes none of these (KIP-1328 discusses it).
 */
export type DropPolicy = 'count' | DeadLetter

/** The policy that writes bad or dropped records to a topic (KIP-1034). */
export const deadLetter = (topic: string): DeadLetter =>
  Object.freeze({ kind: 'dead-letter', topic })

/**
 * What becomes of a record whose event time is none: the run ends, it is dropped and counted, it takes
 * the highest time seen in its partition, or the wall clock (Kafka's four timestamp extractors).
 */
export type InvalidTimestamp = 'fail' | 'skip' | 'partition-time' | 'wall-clock'

/**
 * Where a source begins in a partition whose offset the application has not committed (Kafka's
 * `AutoOffsetReset`): at the first record kept, behind the last, at the records of so long ago (KIP-1106), or
 * nowhere: then the run ends.
 */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDuration: DurationMs }
