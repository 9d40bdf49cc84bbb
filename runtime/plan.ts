// What a topology needs when it runs: its topics with their partitions, its tasks, its stores. Computed
// on the main thread from real partition counts, sent to the workers, never changed while running.
import type { TopicSpec } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import { TopologyError } from '../topology/errors.ts'
import type { ErasedSinkTopic, TopologyNode } from '../topology/node.ts'
import { repartitionTopic, type Subtopology } from '../topology/subtopology.ts'
import type { Topology } from '../topology/topology.ts'
import { dropReasons } from '../processors/processor.ts'
import { changelogTopic } from '../state/changelog.ts'
import type { MetricDimensions } from './metrics/definition.ts'

/** One task: a sub-topology on one partition. */
export interface TaskSpec {
  /** `<sub-topology>_<partition>` */
  readonly taskId: string
  readonly subtopology: number
  readonly partition: number
  /** The topic that it reads. */
  readonly topic: string
  /** Names of its stores: with any, it needs its checkpoint to go on. */
  readonly stores: readonly string[]
  /** Its place among the input partitions that are held together in event time, or -1. */
  readonly alignmentSlot: number
}

/** Plain data, so that workers get it as it is. */
export interface Plan {
  readonly applicationId: string
  readonly tasks: readonly TaskSpec[]
  /** Partition counts of all topics that the job touches. */
  readonly partitions: Readonly<Record<string, number>>
  readonly sourceTopics: readonly string[]
  readonly repartitionTopics: readonly string[]
  readonly alignmentSlots: number
  /** Whether stores have changelogs: not where the broker keeps the state itself. */
  readonly isLogged: boolean
}

/**
 * How long Kafka keeps repartitioned rows: Kafka Streams deletes what was read, this client cannot.
 * Rows are lost to an application that stands still for longer than this.
 */
const REPARTITION_RETENTION_MS = 7 * 24 * 3_600_000

/** The topics that a job reads; they must be there or are created. */
export function sourceTopicsOf(topology: Topology): string[] {
  return topology.nodes.flatMap((node) => (node.kind === 'source' ? [node.topic.name] : []))
}

/** The topics that a job writes for others, dead letters included. */
export function sinkTopicsOf(topology: Topology): string[] {
  const names = topology.nodes.flatMap(topicWritten)
  return [...new Set(names)]
}

function topicWritten(node: TopologyNode): string[] {
  if (node.kind === 'sink') return [node.topic.name]
  if (node.kind === 'parse' && typeof node.malformed === 'object') return [node.malformed.topic]
  return []
}

/** The repartition topics of an application, with the partitions of what flows into each. */
export function repartitionsOf(
  topology: Topology,
  applicationId: string,
  partitions: ReadonlyMap<string, number>,
): TopicSpec[] {
  const counts = new Map(partitions)
  return topology.subtopologies.flatMap((part) => {
    const [input] = part.inputs
    if (input?.kind !== 'group') return []
    const name = repartitionTopic(applicationId, input.name)
    const count = counts.get(topicOf(partWriting(topology, input.name), applicationId)) ?? 1
    counts.set(name, count)
    const config = { 'cleanup.policy': 'delete', 'retention.ms': String(REPARTITION_RETENTION_MS) }
    return [{ name, partitions: count, config, isInternal: true }]
  })
}

/** The sub-topology that writes the repartition topic of a group. */
function partWriting(topology: Topology, group: string): Subtopology {
  const part = topology.subtopologies.find(({ nodes }) => nodes.some(({ name }) => name === group))
  if (part === undefined) throw new TopologyError(group, 'nothing writes to this grouping')
  return part
}

/** The topic that a sub-topology reads. */
export function topicOf(part: Subtopology, applicationId: string): string {
  const input = part.inputs[0]!
  return input.kind === 'source' ? input.topic.name : repartitionTopic(applicationId, input.name)
}

/** How many tasks write to the repartition topic of a group. */
export function writersOf(topology: Topology, plan: Plan, group: string): number {
  return plan.partitions[topicOf(partWriting(topology, group), plan.applicationId)] ?? 1
}

/** The stores of a sub-topology. */
function storesOf(part: Subtopology): string[] {
  return part.nodes.flatMap((node) => (node.kind === 'windowed-count' ? [node.name] : []))
}

/**
 * The changelogs of an application's stores, with the partitions of what their tasks read. They are
 * compacted: the keys of their records repeat, see `state/changelog-record.ts`.
 */
export function changelogsOf(
  topology: Topology,
  applicationId: string,
  partitions: ReadonlyMap<string, number>,
): TopicSpec[] {
  return topology.subtopologies.flatMap((part) => {
    const count = partitions.get(topicOf(part, applicationId)) ?? 1
    return storesOf(part).map((store) => {
      const name = changelogTopic(applicationId, store)
      return { name, partitions: count, config: { 'cleanup.policy': 'compact' }, isInternal: true }
    })
  })
}

/** Lays out the tasks for real partition counts. */
export function planOf(
  topology: Topology,
  applicationId: string,
  partitions: ReadonlyMap<string, number>,
  { isLogged = false }: { readonly isLogged?: boolean } = {},
): Plan {
  let alignmentSlots = 0
  const tasks: TaskSpec[] = []
  for (const part of topology.subtopologies) {
    const topic = topicOf(part, applicationId)
    const isSource = part.inputs[0]!.kind === 'source'
    for (let partition = 0; partition < (partitions.get(topic) ?? 0); partition++) {
      tasks.push({
        taskId: `${part.id}_${partition}`,
        subtopology: part.id,
        partition,
        topic,
        stores: storesOf(part),
        alignmentSlot: isSource ? alignmentSlots++ : -1,
      })
    }
  }
  const inputs = topology.subtopologies.map((part) => topicOf(part, applicationId))
  const sourceTopics = sourceTopicsOf(topology)
  return {
    applicationId,
    tasks,
    partitions: Object.fromEntries(partitions),
    sourceTopics,
    repartitionTopics: inputs.filter((topic) => !sourceTopics.includes(topic)),
    alignmentSlots,
    isLogged,
  }
}

/** What the metrics of an application are labelled with. */
export function dimensionsOf(topology: Topology, plan: Plan): MetricDimensions {
  const named = (kind: string): { name: string }[] =>
    topology.nodes.flatMap((node) => (node.kind === kind ? [{ name: node.name }] : []))
  return {
    tasks: plan.tasks.map(({ taskId }) => ({ taskId })),
    topics: Object.keys(plan.partitions),
    partitions: plan.tasks.map(({ topic, partition }) => ({ topic, partition })),
    stores: named('windowed-count'),
    nodes: [...named('source'), ...named('sink')].map(({ name }) => name),
    dropReasons,
  }
}

/**
 * Picks the value format of a sink's topic as `topic.format.<topic>` says.
 * @throws TopologyError when the topic has no such format.
 */
export function resolveFormat(
  topic: ErasedSinkTopic,
  formats: StreamsConfig['topicFormats'],
): ErasedSinkTopic {
  const name = formats[topic.name]
  if (name === undefined) return topic
  const value = topic.formats[name]
  if (value !== undefined) return { ...topic, value }
  const known = Object.keys(topic.formats).join(', ')
  throw new TopologyError(
    topic.name,
    `topic.format.${topic.name}=${name}: there is no such format; known: ${known}`,
  )
}
