// Membership of a simulated process in the group: the port that the Kafka client fills in production, with the
// same promises, over the link. What broker/kafka/ does with librdkafka's answers, this does with the server's.
import {
  BrokerError,
  placeOf,
  type AssignmentListener,
  type ChannelSpec,
  type Group,
  type GroupOptions,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../../broker/ports.ts'
import type { Clock } from '../../runtime/clock.ts'
import { Refused } from './coordinator.ts'
import { GroupCommits, LOST } from './group-commits.ts'
import type { Link } from './link.ts'
import type { Outbox, ProducerEpoch } from './outbox.ts'

export interface GroupParts {
  readonly link: Link
  readonly outbox: Outbox
  readonly clock: Clock
  readonly options: GroupOptions
  /** Set where outputs and offsets are one transaction. */
  readonly producer: ProducerEpoch | undefined
}

const HEARTBEAT_MS = 300
const JOIN_AGAIN_MS = 40
const LEAVE_MS_MAX = 3_000

/** One member. */
export class SimulatedGroup implements Group {
  readonly abort: (() => Promise<void>) | undefined
  readonly producer: ProducerEpoch | undefined
  readonly #parts: GroupParts
  readonly #commits: GroupCommits
  #memberId: string | undefined
  #generation = -1
  #topics: readonly string[] = []
  #owned: readonly TopicPartition[] = []
  #listener: AssignmentListener | undefined
  /** The group has given this member's partitions to others. */
  #isLost = false
  #mustJoin = true
  #gaveUpIn: number | undefined
  #isLeaving = false
  #nudge: () => void = () => undefined

  constructor(parts: GroupParts) {
    this.#parts = parts
    const { producer } = parts
    this.producer = producer
    this.#commits = new GroupCommits(
      parts,
      () => this.#membership,
      () => (this.#isLost = true),
    )
    if (producer !== undefined) this.abort = () => this.#commits.abort(producer)
  }

  join(topics: readonly string[], listener: AssignmentListener): Promise<void> {
    this.#topics = topics
    this.#listener = listener
    void this.#heartbeats()
    void this.#rebalances()
    return Promise.resolve()
  }

  async committed(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    const { link } = this.#parts
    const { server } = link
    const stored = await link.ask('fetch offsets', () => server.fetchOffsets(partitions))
    return partitions.map((of) => ({ ...of, offset: stored.get(placeOf(of)) ?? 0 }))
  }

  openChannel(): ChannelSpec {
    const { applicationId } = this.#parts.options
    return { kind: 'embedded', directory: 'simulation', applicationId }
  }

  commit(positions: readonly TopicPartitionOffset[], hasProduced = true): Promise<void> {
    return this.#commits.commit(positions, hasProduced)
  }

  acknowledged(): Promise<void> {
    return this.#commits.acknowledged()
  }

  /** Gives all partitions back; who does not answer is not waited for. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#nudge()
    const { link } = this.#parts
    const { server } = link
    const { memberId } = this.#membership
    const asks = [
      link.ask('leave', () => (server.group.leave(memberId), true), LEAVE_MS_MAX),
      this.producer === undefined
        ? Promise.resolve()
        : this.#commits.end(this.producer, 'aborted', LEAVE_MS_MAX),
    ]
    await Promise.allSettled(asks)
  }

  generation = (): number => this.#generation

  get #membership() {
    return { memberId: this.#memberId ?? '', generation: this.#generation }
  }

  async #heartbeats(): Promise<void> {
    const { link, clock } = this.#parts
    while (!this.#isLeaving) {
      await clock.sleep(HEARTBEAT_MS)
      if (this.#memberId === undefined || this.#isLeaving) continue
      const membership = this.#membership
      try {
        const beat = () => (link.server.group.heartbeat(membership) ? 'rebalances' : 'stable')
        if ((await link.ask('heartbeat', beat)) === 'rebalances') this.#mustJoin = true
      } catch (error) {
        // An answer to a member that it is no more.
        if (membership.memberId !== this.#memberId) continue
        if (error instanceof Refused) this.#isLost = this.#mustJoin = true
        if (error instanceof Refused && error.reason === 'fenced-instance') return this.#fenced()
      }
      if (this.#mustJoin) this.#nudge()
    }
  }

  #fenced(): void {
    this.#listener?.onFailed(new BrokerError('MILLRACE_FENCED', 'another one has its name'))
  }

  async #rebalances(): Promise<void> {
    while (!this.#isLeaving) {
      if (!this.#mustJoin) {
        await new Promise<void>((resolve) => (this.#nudge = resolve))
        continue
      }
      this.#mustJoin = false
      try {
        await this.#rebalance()
      } catch (error) {
        if (this.#isLeaving) return
        if (error instanceof Refused && error.reason === 'fenced-instance') return this.#fenced()
        if (error instanceof Refused && LOST.has(error.reason)) this.#isLost = true
        else if (!(error instanceof BrokerError && error.retriable)) {
          const cause = error instanceof BrokerError ? error : undefined
          this.#listener!.onFailed(cause ?? new BrokerError('MILLRACE_BROKER', String(error)))
          return
        }
        this.#mustJoin = true
      }
    }
  }

  // 1 what is lost, or given up before, goes  2 join  3 what others get goes  4 what is new comes
  async #rebalance(): Promise<void> {
    const listener = this.#listener!
    if (this.#isLost) {
      if (this.#owned.length > 0) await listener.onLost(this.#owned)
      this.#owned = []
      this.#memberId = undefined
      this.#generation = -1
      this.#isLost = false
    } else if (this.#parts.options.isCoPartitioned === true && this.#generation >= 0) {
      await this.#giveUp(this.#owned)
    }
    const assigned = await this.#join()
    if (this.#isLeaving) return
    const given = new Set(assigned.map(placeOf))
    const had = new Set(this.#owned.map(placeOf))
    const revoked = this.#owned.filter((of) => !given.has(placeOf(of)))
    await this.#giveUp(revoked)
    const added = assigned.filter((of) => !had.has(placeOf(of)))
    // Taken before it is open, as a client has it that waits for the answer.
    this.#owned = [...this.#owned, ...added]
    if (added.length > 0) await listener.onAssigned(added)
    if (revoked.length === 0) return
    this.#mustJoin = true
    this.#gaveUpIn = this.#generation
  }

  async #join(): Promise<readonly TopicPartition[]> {
    const { link, options, clock } = this.#parts
    const { server } = link
    const { instanceId = '', isCoPartitioned = false } = options
    for (;;) {
      const request = {
        memberId: this.#memberId,
        gaveUpIn: this.#gaveUpIn,
        instanceId,
        owned: this.#owned,
        topics: this.#topics,
        isCoPartitioned,
      }
      const answer = await link.ask('join', () => server.group.join(request))
      this.#memberId = answer.memberId
      if (answer.assigned !== undefined) {
        this.#generation = answer.generation
        this.#gaveUpIn = undefined
        return answer.assigned
      }
      if (this.#isLeaving) return []
      await clock.sleep(JOIN_AGAIN_MS)
    }
  }

  async #giveUp(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return
    const listener = this.#listener!
    try {
      if (!this.#isLost) await listener.onRevoked(partitions)
    } catch (error) {
      if (!this.#isLost) throw error
    }
    if (this.#isLost) await listener.onLost(partitions)
    const gone = new Set(partitions.map(placeOf))
    this.#owned = this.#owned.filter((of) => !gone.has(placeOf(of)))
  }
}
