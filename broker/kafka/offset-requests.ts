// Offsets to and from the brokers. Through the addon their metadata goes along, which node-rdkafka leaves out:
// without it the time that partitions have come to is not known to who takes them over.
import type { KafkaAddon, NativeFailure, NativeOffset } from '../native/kafka-addon.ts'
import type { TaskPosition, TopicPartition, TopicPartitionOffset } from '../ports.ts'
import { metadataFrom, metadataOf, type PositionMetadata } from './offset-metadata.ts'
import type { RdConsumer, RdDone, RdError, RdProducer } from './rd-client.ts'

/** An offset that the broker has, if anything was committed, and what is kept beside it. */
export type StoredOffset = TopicPartition & Partial<Pick<TaskPosition, 'offset'>> & PositionMetadata

/** What is asked of the brokers about the offsets of a group. */
export interface OffsetRequests {
  /** Asks for offsets to be stored; the client's `offset_commit_cb` is called. @throws RdError */
  commit(positions: readonly TaskPosition[]): void
  /** What is stored, or why that cannot be told. */
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
  ): Promise<RdError | readonly StoredOffset[]>
  /** Makes offsets part of a producer's transaction. */
  send(positions: readonly TaskPosition[], timeoutMs: number, done: RdDone): void
}

/** Requests of node-rdkafka's clients. */
export function plainRequests(consumer: RdConsumer, producer?: RdProducer): OffsetRequests {
  return {
    commit: (positions) => void consumer.commit(positions.map(withoutMetadata)),
    committed: (partitions, timeoutMs) =>
      new Promise((done) => {
        consumer.committed(partitions, timeoutMs, (error, stored) => done(error ?? stored))
      }),
    send: (positions, timeoutMs, done) => {
      const offsets = positions.map(withoutMetadata)
      producer?.sendOffsetsToTransaction(offsets, consumer, timeoutMs, done)
    },
  }
}

/** Requests through the addon, which knows the clients by these names; `plain` where it is too old for that. */
export function nativeRequests(
  addon: KafkaAddon,
  consumerId: string,
  producerId: string,
  plain: OffsetRequests,
): OffsetRequests {
  const { commitOffsets, committedOffsets, sendOffsets } = addon
  if (!commitOffsets || !committedOffsets || !sendOffsets) return plain
  return {
    commit: (positions) => {
      const code = commitOffsets(consumerId, positions.map(withMetadata))
      if (code !== 0) throw errorOf({ code, message: 'the client does not take the commit' })
    },
    committed: async (partitions, timeoutMs) => {
      const answer = await committedOffsets(consumerId, partitions, timeoutMs)
      return isFailure(answer) ? errorOf(answer) : answer.map(storedOf)
    },
    send: (positions, timeoutMs, done) => {
      sendOffsets(producerId, consumerId, positions.map(withMetadata), timeoutMs).then(
        (answer) => done(isFailure(answer) ? errorOf(answer) : undefined),
        (error: RdError) => done(error),
      )
    },
  }
}

const withoutMetadata = ({ topic, partition, offset }: TaskPosition): TopicPartitionOffset => ({
  ...{ topic, partition, offset },
})

function withMetadata(position: TaskPosition): NativeOffset {
  const metadata = metadataOf(position)
  const at = withoutMetadata(position)
  return metadata === undefined ? at : { metadata, ...at }
}

function storedOf({ topic, partition, offset, metadata }: NativeOffset): StoredOffset {
  return {
    ...{ topic, partition },
    ...(offset === undefined ? {} : { offset }),
    ...metadataFrom(metadata),
  }
}

const isFailure = (answer: readonly NativeOffset[] | NativeFailure): answer is NativeFailure =>
  'code' in answer

/** Errors are thrown on, so they must be ones. */
const errorOf = (failure: Pick<NativeFailure, 'code' | 'message'>): Error & RdError =>
  Object.assign(new Error(failure.message), failure)
