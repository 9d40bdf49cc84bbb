// The port for what an application has left at a broker: looked at and reset by tools while it does not
// run. `embedded/` and `kafka/` implement it; `runtime/reset.ts` and the command line use it.
import {
  BrokerError,
  type TopicPartition,
  type TopicPartitionOffset,
  type TopicSpec,
} from './ports.ts'

/** An instance of an application that runs, or that counts as running. */
export interface GroupMember {
  /** The broker's name for it; begins with the instance's own name, where it has one. */
  readonly memberId: string
  /** Where a person finds it: `police-calls on /10.0.0.7`, `process 4711 on node-1`. */
  readonly where: string
}

/** What a broker holds for one application. Nothing here makes this process a member of it. */
export interface GroupAdmin {
  /** Who is in the group now; undefined where only `claim` can tell whether anybody is. */
  members(): Promise<readonly GroupMember[] | undefined>
  /** Next offsets by the last commit; undefined where there is none. In the order asked for. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]>
  /** The first offsets that are not older than `timestampMs`; the partition's end where none is. */
  offsetsAt(partitions: readonly TopicPartition[], timestampMs: number): Promise<readonly number[]>
  /**
   * Makes sure that nobody runs the application; where the broker can see to that, nobody starts it
   * before `close`. Changes nothing else: `partitions` are what it may commit as it is to find out.
   * @throws BrokerError MILLRACE_GROUP_ACTIVE, MILLRACE_LOG_LOCKED
   */
  claim(partitions: readonly TopicPartition[]): Promise<void>
  /** Sets the offsets from which the application goes on. @throws BrokerError MILLRACE_GROUP_ACTIVE */
  setOffsets(positions: readonly TopicPartitionOffset[]): Promise<void>
  /**
   * What topics of the application's own are set to so that the broker would delete records of them that are
   * still needed, a sentence each with what to do. There where a broker has such settings and tells them.
   */
  misfits?(of: readonly TopicSpec[]): Promise<readonly string[]>
  /** Deletes topics with all their records and committed offsets; one that is not there is deleted. */
  deleteTopics(names: readonly string[]): Promise<void>
  /** There where the broker keeps the state of tasks itself. */
  readonly state?: {
    /** Ids of the tasks that have any. */
    tasks(): Promise<readonly string[]>
    delete(): Promise<void>
  }
  close(): Promise<void>
}

const MEMBERS_SHOWN_MAX = 3

/**
 * The error that says that an application runs; `members` is left out where nobody knows in how many
 * places. With sessions one that has ended counts for a while.
 */
export function groupActive(
  applicationId: string,
  members: readonly GroupMember[] | undefined,
  { hasSessions }: { readonly hasSessions: boolean },
): BrokerError {
  const count = members?.length
  const shown = members?.slice(0, MEMBERS_SHOWN_MAX).map(({ where }) => where) ?? []
  if (count !== undefined && count > shown.length) shown.push('…')
  const noun = (count ?? 1) === 1 ? 'member' : 'members'
  const who = shown.length > 0 ? ` (${shown.join(', ')})` : ''
  const session = hasSessions
    ? '; one that was stopped or killed just now counts until its session ends (session.timeout.ms, 10 s)'
    : ''
  return new BrokerError(
    'MILLRACE_GROUP_ACTIVE',
    `the group ${applicationId} has ${count ?? 'at least one'} active ${noun}${who}: stop all instances first${session}`,
    { retriable: true },
  )
}
