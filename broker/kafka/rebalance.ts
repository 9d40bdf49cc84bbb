// Assignment changes, one after the other: the listener first, the client after it. librdkafka waits
// for the answer, so nothing of an assignment is read before its workers are ready for it.
import { BrokerError, placeOf } from '../ports.ts'
import type { AssignmentListener, TopicPartition, TopicPartitionOffset } from '../ports.ts'
import type { Committer } from './committer.ts'
import { RdCode, type RdConsumer } from './rd-client.ts'
import type { PartitionIntake } from './reading.ts'

/** What a rebalance works on. */
export interface RebalanceParts {
  readonly consumer: RdConsumer
  readonly intake: PartitionIntake
  readonly committer: Committer
  readonly listener: AssignmentListener
  /** Takes what the workers have posted: the readers they opened must be known before reading starts. */
  drain(): void
}

// The protocol while the client disconnects: it waits for an answer, and takes no other than unassign.
const CLOSING = 'NONE'

// librdkafka's "what the group has stored".
const STORED = -1000

/** Serves the client's rebalance callback. */
export class Rebalance {
  readonly #parts: RebalanceParts
  #work: Promise<void> = Promise.resolve()
  readonly #joined = deferred()
  #leaving = false

  constructor(parts: RebalanceParts) {
    this.#parts = parts
  }

  /** The client's `rebalance_cb`. */
  handle(code: number, partitions: readonly TopicPartition[]): void {
    this.#joined.resolve()
    this.#work = this.#work
      .then(() => (code === RdCode.assign ? this.#assign(partitions) : this.#revoke(partitions)))
      .catch((error: unknown) => this.#failed(error))
  }

  /** Resolves at the first assignment, be it an empty one. */
  joined(): Promise<void> {
    return this.#joined.promise
  }

  /** From now on the listener is not asked: its owner has sealed and committed already. */
  leave(): void {
    this.#leaving = true
  }

  /** Resolves when the changes known so far are done. */
  settled(): Promise<void> {
    return this.#work
  }

  async #assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { consumer, intake, listener } = this.#parts
    const wanted = this.#leaving ? [] : partitions
    for (const partition of wanted) intake.add(partition)
    const positions = await this.#positions(wanted, listener)
    this.#parts.drain()
    await intake.start(positions, () => {
      const protocol = consumer.rebalanceProtocol()
      if (protocol === 'COOPERATIVE') consumer.incrementalAssign(positions)
      else if (protocol === CLOSING) consumer.unassign()
      else consumer.assign(positions)
    })
  }

  async #positions(
    partitions: readonly TopicPartition[],
    listener: AssignmentListener,
  ): Promise<TopicPartitionOffset[]> {
    if (partitions.length === 0) return []
    let answered: TopicPartitionOffset[] = []
    try {
      answered = await listener.onAssigned(partitions)
    } catch (error) {
      this.#failed(error)
    }
    const offsets = new Map(answered.map((each) => [placeOf(each), each.offset]))
    return partitions.map(({ topic, partition }) => {
      const of = { topic, partition }
      return { ...of, offset: offsets.get(placeOf(of)) ?? STORED }
    })
  }

  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { consumer, intake } = this.#parts
    if (partitions.length > 0 && !this.#leaving) await this.#takeAway(partitions)
    this.#parts.drain()
    await intake.remove(partitions, () => {
      if (consumer.rebalanceProtocol() !== 'COOPERATIVE') return consumer.unassign()
      // Who leaves while joining took none of what it was given, and cannot give it back: the client would
      // wait for an answer for ever.
      const assigned = new Set(consumer.assignments().map(placeOf))
      consumer.incrementalUnassign(partitions.filter((of) => assigned.has(placeOf(of))))
    })
    if (intake.isEmpty) this.#parts.committer.lost = false
  }

  async #takeAway(partitions: readonly TopicPartition[]): Promise<void> {
    const { committer, listener } = this.#parts
    try {
      if (!committer.lost) return await listener.onRevoked(partitions)
    } catch (error) {
      if (!committer.lost) return this.#failed(error)
    }
    // Lost before, or found out by the commit that the revocation made.
    await listener.onLost(partitions)
  }

  #failed(cause: unknown): void {
    if (this.#leaving) return
    const { listener } = this.#parts
    if (cause instanceof BrokerError) return listener.onFailed(cause)
    const reason = cause instanceof Error ? cause.message : String(cause)
    listener.onFailed(
      new BrokerError('MILLRACE_BROKER', `the assignment could not be changed: ${reason}`, {
        cause,
      }),
    )
  }
}

interface Deferred {
  readonly promise: Promise<void>
  resolve(): void
}

function deferred(): Deferred {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve: () => resolve() }
}
