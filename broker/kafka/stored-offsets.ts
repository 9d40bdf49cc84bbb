// What a group has committed, asked of the broker until it answers: by the group, and by who looks at it.
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError, placeOf, type TaskPosition, type TopicPartition } from '../ports.ts'
import { isRetriable, requestFailed } from './errors.ts'
import type { OffsetRequests } from './offset-requests.ts'

const REQUEST_MS_MAX = 10_000
const RETRY_MS = 50
const RETRY_MS_MAX = 30_000

/**
 * Committed offsets by `topic/partition`; what was never committed is not in the map. `requests` are of a consumer
 * with the group's id, which need not be a member. Once `isGone` it is asked no more.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE, MILLRACE_BROKER
 */
export async function storedOffsets(
  requests: Pick<OffsetRequests, 'committed'>,
  group: { readonly applicationId: string; readonly bootstrapServers: string },
  partitions: readonly TopicPartition[],
  isGone: () => boolean = () => false,
): Promise<ReadonlyMap<string, TaskPosition>> {
  if (partitions.length === 0) return new Map()
  const deadline = performance.now() + RETRY_MS_MAX
  for (;;) {
    const answer = await requests.committed(partitions, REQUEST_MS_MAX)
    if (!('code' in answer)) {
      return new Map(
        answer.flatMap(({ offset, ...of }) =>
          offset === undefined ? [] : [[placeOf(of), { ...of, offset }] as const],
        ),
      )
    }
    if (!isRetriable(answer) || performance.now() > deadline || isGone()) {
      const what = `ask for the offsets committed by ${group.applicationId}`
      throw requestFailed(what, group.bootstrapServers, answer)
    }
    await sleep(RETRY_MS)
    if (isGone()) throw new BrokerError('MILLRACE_BROKER', 'this instance has left its group')
  }
}
