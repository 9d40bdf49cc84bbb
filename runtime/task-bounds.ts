// From where to where tasks read, as the broker tells it: their inputs and their changelogs. The client asks
// when it opens tasks, after commits, and when it is to know whether all is done.
import {
  BrokerError,
  placeOf,
  type Broker,
  type Group,
  type RestorePoint,
  type TaskPosition,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../broker/ports.ts'
import { changelogTopic } from '../state/changelog.ts'
import type { Clock } from './clock.ts'
import type { TaskToOpen } from './messages.ts'
import { inputsOf, type Plan, type TaskSpec } from './plan.ts'

/** What bounds are told by. */
export interface BoundsParts {
  readonly plan: Plan
  readonly broker: Broker
  readonly group: Pick<Group, 'abort' | 'generation'>
  /** First offsets that are not wanted, per source partition; undefined to run on and on. */
  readonly ends: readonly TopicPartitionOffset[] | undefined
}

/** How long a broker that does not answer is waited for (Kafka Streams' task.timeout.ms). */
const PATIENCE_MS = 300_000
const RETRY_MS = 250

/** Asks until the broker answers, or `signal` says that nobody wants to know any more. @throws BrokerError */
export async function patiently<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  clock: Clock,
): Promise<T> {
  const deadline = clock.monotonicMs() + PATIENCE_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const isRetriable = error instanceof BrokerError && error.retriable
      if (!isRetriable || signal.aborted || clock.monotonicMs() > deadline) throw error
      await clock.sleep(RETRY_MS, signal)
    }
  }
}

/** The bounds of an application's tasks. */
export class TaskBounds {
  readonly #parts: BoundsParts

  constructor(parts: BoundsParts) {
    this.#parts = parts
  }

  /** What a worker needs to open tasks, given what the group has committed. @throws BrokerError */
  async of(specs: readonly TaskSpec[], committed: readonly TaskPosition[]): Promise<TaskToOpen[]> {
    const { broker } = this.#parts
    const logs = specs.map((spec) => this.#changelogsOf(spec))
    const [starts, bounds] = await Promise.all([
      broker.watermarks(specs.flatMap(inputsOf)),
      broker.watermarks(logs.flat(), { pending: true }),
    ])
    const { group, plan } = this.#parts
    // A transaction of who is out of the group is never committed.
    const mayMeetOwner = plan.isLogged && group.abort === undefined
    const generation = mayMeetOwner ? (group.generation?.() ?? 0) : undefined
    const positions = new Map(committed.map((at) => [placeOf(at), at]))
    let nextLog = 0
    let nextInput = 0
    return specs.map((spec, i) => ({
      spec,
      inputs: inputsOf(spec).map((input) => ({
        offset: positions.get(placeOf(input))?.offset ?? 0,
        partitionTimeMs: positions.get(placeOf(input))?.partitionTimeMs,
        inputStart: starts[nextInput++]!.start,
        stopAt: this.#stopAt(input),
      })),
      changelogs: logs[i]!.map(({ store, topic }) => ({
        ...{ store, topic, ...bounds[nextLog++]! },
        from: latestPoint(
          store,
          inputsOf(spec).map((input) => positions.get(placeOf(input))),
        ),
      })),
      generation,
    }))
  }

  /** Where the changelogs of tasks end. @throws BrokerError */
  async changelogEnds(specs: readonly TaskSpec[]): Promise<TopicPartitionOffset[]> {
    const logs = specs.flatMap((spec) => this.#changelogsOf(spec))
    const marks = await this.#parts.broker.watermarks(logs, { pending: true })
    return logs.map(({ topic, partition }, i) => ({ topic, partition, offset: marks[i]!.end }))
  }

  /**
   * Whether nothing is left in the repartition topics, and all tasks were there to answer: one may be
   * assigned and not open yet, and then has answered nothing and is not done. @throws BrokerError
   */
  async isDrained(positions: readonly TopicPartitionOffset[]): Promise<boolean> {
    const { plan, broker } = this.#parts
    if (positions.length < plan.tasks.flatMap(inputsOf).length) return false
    const inner = positions.filter(({ topic }) => plan.repartitionTopics.includes(topic))
    const marks = await broker.watermarks(inner, { pending: true })
    return inner.every(({ offset }, i) => offset >= (marks[i]?.end ?? 0))
  }

  #changelogsOf({ stores, partition }: TaskSpec): (TopicPartition & { readonly store: string })[] {
    const { applicationId, isLogged } = this.#parts.plan
    if (!isLogged) return []
    return stores.map((store) => ({
      store,
      topic: changelogTopic(applicationId, store),
      partition,
    }))
  }

  #stopAt(input: TopicPartition): number {
    const { ends, plan } = this.#parts
    const isSource = plan.sourceTopics.includes(input.topic)
    return ends === undefined || !isSource ? Infinity : (offsetOf(input, ends) ?? 0)
  }
}

const offsetOf = (
  of: TopicPartition,
  offsets: readonly TopicPartitionOffset[],
): number | undefined => positionOf(of, offsets)?.offset

function positionOf<P extends TopicPartition>(
  { topic, partition }: TopicPartition,
  positions: readonly P[],
): P | undefined {
  return positions.find((at) => at.topic === topic && at.partition === partition)
}

/** An input that has not moved for long may know an old one. */
function latestPoint(
  store: string,
  positions: readonly (TaskPosition | undefined)[],
): RestorePoint | undefined {
  const points = positions.flatMap((at) => at?.restorePoints?.[store] ?? [])
  return points.sort((a, b) => b.number - a.number)[0]
}
