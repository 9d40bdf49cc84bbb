// Errors of librdkafka as BrokerErrors: with the place they belong to and what can be done.
import { BrokerError, placeOf, type TopicPartition } from '../ports.ts'
import { RdCode, type RdError } from './rd-client.ts'

// Not an illegal generation: who is still a member has only sent its commit while the group went on to
// the next one, and what it holds is given to nobody before it was revoked. Who is none is unknown.
const LOST: ReadonlySet<number> = new Set([
  RdCode.unknownMember,
  RdCode.fencedInstance,
  RdCode.fencedLocally,
  RdCode.assignmentLost,
  RdCode.maxPollExceeded,
])

const RETRIABLE: ReadonlySet<number> = new Set([
  RdCode.timedOut,
  // Of a broker that restarts: it waited for a connection for all of its time.
  RdCode.timedOutInQueue,
  RdCode.transport,
  RdCode.allBrokersDown,
  RdCode.requestTimedOut,
  RdCode.waitCoordinator,
  RdCode.coordinatorLoading,
  RdCode.coordinatorUnavailable,
  RdCode.notCoordinator,
  RdCode.rebalanceInProgress,
  RdCode.illegalGeneration,
  // A broker of which a thousand partitions were asked for takes its time to lead them all.
  RdCode.leaderNotAvailable,
  RdCode.notLeader,
  // Of a transaction that another instance, or this one before it was killed, has not ended yet.
  RdCode.unstableOffsets,
])

/** What happens to rows of a transaction that is lost: they are produced again in the next one. */
const TRANSIENT_DELIVERIES: ReadonlySet<number> = new Set([
  RdCode.purgedInQueue,
  RdCode.purgedInFlight,
  RdCode.deliveryTimedOut,
  RdCode.erroneousState,
  RdCode.timedOut,
  RdCode.transport,
  // The client took it for written, and it was not.
  RdCode.inconsistent,
  // Another producer has the transactions: undoing this one says so.
  RdCode.oldEpoch,
  RdCode.producerFenced,
])

/** Nobody answered. */
const UNREACHABLE: ReadonlySet<number> = new Set([
  RdCode.timedOut,
  RdCode.timedOutInQueue,
  RdCode.transport,
  RdCode.allBrokersDown,
])

/** The broker does not let this application do it. */
const DENIED: ReadonlySet<number> = new Set([
  RdCode.authentication,
  RdCode.topicDenied,
  RdCode.groupDenied,
  RdCode.clusterDenied,
])

/** Whether the error says that the group has given this member's partitions to others. */
export const isLost = (error: { readonly code: number } | undefined): boolean =>
  error !== undefined && LOST.has(error.code)
/** Whether the same request may succeed a moment later. */
export const isRetriable = ({ code }: { readonly code: number }): boolean => RETRIABLE.has(code)
/** Whether the broker refuses it for want of a right. */
export const isDenied = ({ code }: { readonly code: number }): boolean => DENIED.has(code)
/** Whether the client will not recover from the error by itself. */
export const isFinal = (error: Pick<RdError, 'code' | 'isFatal'>): boolean =>
  isDenied(error) || error.code === RdCode.fatal || error.isFatal === true

/** A topic that is not there, or not that partition of it. */
export function topicMissing(place: string, address: string): BrokerError {
  return new BrokerError(
    'MILLRACE_TOPIC_MISSING',
    `${place} does not exist at ${address}: create the topic, or check its name and partition`,
  )
}

/** A topic that is there, and of which partitions cannot be read or written. */
export function topicWithoutLeaders(
  name: string,
  partitions: number,
  address: string,
): BrokerError {
  return new BrokerError(
    'MILLRACE_BROKER_UNREACHABLE',
    `${name} at ${address} has ${partitions} partitions without a leader: see that all brokers which have copies of them run`,
    { retriable: true },
  )
}

/** What a failed request to the broker is told as; `what` begins with a verb: "list the topics". */
export function requestFailed(what: string, address: string, cause: RdError): BrokerError {
  const unreachable = UNREACHABLE.has(cause.code)
  return new BrokerError(
    unreachable ? 'MILLRACE_BROKER_UNREACHABLE' : 'MILLRACE_BROKER',
    `could not ${what} at ${address}: ${cause.message}`,
    { cause, retriable: unreachable || isRetriable(cause) },
  )
}

const TOO_LARGE =
  '; to write such records raise producer.message.max.bytes, and max.message.bytes of the topic or message.max.bytes of the broker'
const INVALID =
  "; a broker refuses timestamps that are further ahead of its clock than the topic's message.timestamp.after.max.ms, an hour unless it is set (see timestamp.future.max.ms), and records without a key where a topic is compacted"

/** What helps where the broker refuses a record, by what it says. */
const HINTS: ReadonlyMap<number | undefined, string> = new Map([
  [RdCode.messageTooLarge, TOO_LARGE],
  [RdCode.invalidTimestamp, INVALID],
  [RdCode.invalidRecord, INVALID],
  // Told of those that were in one batch with it.
  [RdCode.invalidDifferentRecord, INVALID],
])

/** Rows that were taken for a partition and could not be delivered. */
export function produceFailed(
  target: TopicPartition,
  reason: string,
  code: number | undefined = undefined,
): BrokerError {
  return new BrokerError(
    'MILLRACE_PRODUCE_FAILED',
    `a record for ${placeOf(target)} could not be delivered: ${reason}${HINTS.get(code) ?? ''}`,
    code === undefined ? {} : { cause: { code } },
  )
}

/** The client tells failed deliveries by their text only. */
const DELIVERY_TEXTS: readonly (readonly [RegExp, number])[] = [
  [/purged in queue$/i, RdCode.purgedInQueue],
  [/purged in flight$/i, RdCode.purgedInFlight],
  [/message timed out$/i, RdCode.deliveryTimedOut],
  [/old epoch$/i, RdCode.oldEpoch],
  [/fences the current one$/i, RdCode.producerFenced],
  [/erroneous state$/i, RdCode.erroneousState],
  [/invalid timestamp$/i, RdCode.invalidTimestamp],
  [/an invalid record in the same batch/i, RdCode.invalidDifferentRecord],
]

/** The code of a failed delivery, of which the client gives its own for all. */
export function deliveryCode({ code, message }: Pick<RdError, 'code' | 'message'>): number {
  return DELIVERY_TEXTS.find(([text]) => text.test(message))?.[1] ?? code
}

const codeOf = ({ cause }: BrokerError): number | undefined =>
  (cause as { readonly code?: number } | undefined)?.code

/** Whether a failed delivery may go well in another transaction. */
export function isTransientDelivery(error: BrokerError): boolean {
  const code = codeOf(error)
  return code !== undefined && TRANSIENT_DELIVERIES.has(code)
}

/** Whether a row was given up since something else had failed. */
export function isPurgedDelivery(error: BrokerError): boolean {
  const code = codeOf(error)
  return code === RdCode.purgedInQueue || code === RdCode.purgedInFlight
}

/** A transaction failed of a topic that may not be written to, whose name the client does not tell. */
export function writeDenied(reason: string, code: number): BrokerError {
  const message = `records could not be written: ${reason}; see that this application may write to all of its topics`
  return new BrokerError('MILLRACE_PRODUCE_FAILED', message, { cause: { code } })
}

/** A commit that came to nothing: undone, the same may go well. */
export function transactionAborted(reason: string, cause: unknown): BrokerError {
  const message = `the transaction is undone and its input processed again: ${reason}`
  return new BrokerError('MILLRACE_TRANSACTION_ABORTED', message, { cause, retriable: true })
}
