// What a topology needs when it runs: its topics with their partitions, its tasks, its stores. Computed
// on the main thread from real partition counts, sent to the workers, never changed while running.
import type { TopicPartition, TopicSpec } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import { TopologyError } from '../topology/errors.ts'
import { isGlobal, type GlobalNode } from '../topology/global-store.ts'
import type { ErasedSinkTopic, TopologyNode } from '../topology/node.ts'
import type { DropPolicy, ErrorPolicy } from '../topology/policies.ts'
import { repartitionTopic, subtopologyOf, type Subtopology } from '../topology/subtopology.ts'
import { storesOf as storesOfNode } from '../topology/table-plan.ts'
import type { Topology } from '../topology/topology.ts'
import { dropReasons } from '../processors/processor.ts'
import { changelogTopic } from '../state/changelog.ts'
import type { MetricDimensions } from './metrics/definition.ts'
import { partWriting } from './repartitions.ts'

/** An input of a task: one partition of a topic. */
export interface TaskInputSpec {
  readonly topic: string
  /** Its place among the input partitions that are held together in event time, or -1. */
  readonly alignmentSlot: number
}

/** One task: a sub-topology on one partition. */
export interface TaskSpec {
  /** `<sub-topology>_<partition>` */
  readonly taskId: string
  readonly subtopology: number
  readonly partition: number
  /** The topics that it reads the partition of; at least one. */
  readonly inputs: readonly TaskInputSpec[]
  /** Names of its stores: with any, it needs its checkpoint to go on. */
  readonly stores: readonly string[]
}

/** The partitions that a task reads. */
export function inputsOf({ inputs, partition }: TaskSpec): TopicPartition[] {
  return inputs.map(({ topic }) => ({ topic, partition }))
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

/** The topics that a job reads; they must be there or are created. */
export function sourceTopicsOf(topology: Topology): string[] {
  return topology.nodes.flatMap((node) =>
    node.kind === 'source' ? node.topics.map(({ name }) => name) : [],
  )
}

/** Stands for a task in the metrics of global tables and stores. */
export const GLOBAL_TASK = 'global'

/** The topics of global tables and stores: read whole by every worker, and by no task. */
export function globalTopicsOf(topology: Topology): string[] {
  return topology.nodes.filter(isGlobal).map(({ topic }) => topic.name)
}

/** The topics that a job writes for others, those of dead letters and dropped records included. */
export function sinkTopicsOf(topology: Topology): string[] {
  const names = topology.nodes.flatMap(topicsWritten)
  const others = [topology.onError, topology.onDrop].flatMap(deadLettersOf)
  return [...new Set([...names, ...others])]
}

function topicsWritten(node: TopologyNode): string[] {
  const own = node.kind === 'sink' ? [node.topic.name] : []
  const malformed = 'malformed' in node ? node.malformed : undefined
  return [...own, ...[malformed, node.onError, node.onDrop].flatMap(deadLettersOf)]
}

function deadLettersOf(policy: ErrorPolicy | DropPolicy | undefined): string[] {
  return typeof policy === 'object' ? [policy.topic] : []
}

/** The topics that a sub-topology reads. */
export function topicsOf(part: Subtopology, applicationId: string): string[] {
  return part.inputs.flatMap((input) =>
    input.kind === 'source'
      ? input.topics.map(({ name }) => name)
      : [repartitionTopic(applicationId, input)],
  )
}

/** How many tasks a sub-topology has: as many as its widest input has partitions. */
function tasksOf(
  part: Subtopology,
  applicationId: string,
  partitionsOf: (topic: string) => number | undefined,
): number {
  return Math.max(0, ...topicsOf(part, applicationId).map((topic) => partitionsOf(topic) ?? 0))
}

/** How many tasks write to the repartition topic of a node that cuts. */
export function writersOf(topology: Topology, plan: Plan, cut: string): number {
  const { applicationId, partitions } = plan
  return tasksOf(partWriting(topology, cut), applicationId, (topic) => partitions[topic]) || 1
}

/** The stores of a sub-topology. */
function storesOf(part: Subtopology, topology: Topology): string[] {
  return [...new Set(part.nodes.flatMap((node) => storesOfNode(node, topology.tables)))]
}

/** The names that the internal topics of an application have, there or not: repartition and changelog. */
export function internalTopicsOf(topology: Topology, applicationId: string): string[] {
  const names = topology.subtopologies.flatMap((part) => [
    ...part.inputs.flatMap((input) =>
      input.kind === 'source' ? [] : [repartitionTopic(applicationId, input)],
    ),
    ...storesOf(part, topology).map((store) => changelogTopic(applicationId, store)),
  ])
  return [...new Set(names)]
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
    const count = tasksOf(part, applicationId, (topic) => partitions.get(topic))
    // Nothing is there yet that a pattern matches, so nobody knows how many it wants.
    if (count === 0) return []
    return storesOf(part, topology).map((store) => {
      const name = changelogTopic(applicationId, store)
      return { name, partitions: count, config: { 'cleanup.policy': 'compact' }, isInternal: true }
    })
  })
}

/** The topics that an application may write to: sinks, dead letters, those of its own. */
export function outputsOf(topology: Topology, plan: Plan): string[] {
  const { applicationId, partitions, sourceTopics, isLogged } = plan
  const stores = isLogged ? storeNamesOf(plan) : []
  const changelogs = stores.map((store) => changelogTopic(applicationId, store))
  const isRead = new Set([...sourceTopics, ...globalTopicsOf(topology)])
  const sinks = new Set(sinkTopicsOf(topology))
  const isChosen = topology.nodes.some(({ kind }) => kind === 'dynamic-sink')
  const outer = Object.keys(partitions).filter(
    (name) => isChosen || sinks.has(name) || !isRead.has(name),
  )
  return [...outer, ...changelogs]
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
    const sources = new Set(sourceTopicsOf({ ...topology, nodes: part.nodes }))
    const count = tasksOf(part, applicationId, (topic) => partitions.get(topic))
    for (let partition = 0; partition < count; partition++) {
      const inputs = topicsOf(part, applicationId).filter(
        (topic) => partition < (partitions.get(topic) ?? 0),
      )
      tasks.push({
        taskId: `${part.id}_${partition}`,
        subtopology: part.id,
        partition,
        inputs: inputs.map((topic) => ({
          topic,
          alignmentSlot: sources.has(topic) ? alignmentSlots++ : -1,
        })),
        stores: storesOf(part, topology),
      })
    }
  }
  const inputs = topology.subtopologies.flatMap((part) => topicsOf(part, applicationId))
  const sourceTopics = sourceTopicsOf(topology)
  return {
    applicationId,
    tasks,
    partitions: Object.fromEntries(partitions),
    sourceTopics,
    repartitionTopics: inputs.filter(
      (topic) => !sourceTopics.includes(topic) && (partitions.get(topic) ?? 0) > 0,
    ),
    alignmentSlots,
    isLogged,
  }
}

const ENDS = new Set<TopologyNode['kind']>(['source', 'sink', 'dynamic-sink'])

/** The names of all stores of an application. */
export function storeNamesOf({ tasks }: Plan): string[] {
  return [...new Set(tasks.flatMap(({ stores }) => stores))]
}

/** What the metrics of an application are labelled with. */
export function dimensionsOf(topology: Topology, plan: Plan): MetricDimensions {
  const globals = globalTopicsOf(topology).length > 0 ? [{ taskId: GLOBAL_TASK }] : []
  return {
    tasks: [...plan.tasks.map(({ taskId }) => ({ taskId })), ...globals],
    topics: Object.keys(plan.partitions),
    partitions: plan.tasks.flatMap(({ inputs, partition }) =>
      inputs.map(({ topic }) => ({ topic, partition })),
    ),
    stores: storeNamesOf(plan).map((name) => ({ name })),
    operators: plan.tasks.flatMap(({ taskId, subtopology }) =>
      subtopologyOf(topology, subtopology)
        .nodes.filter(({ kind }) => kind !== 'source')
        .map(({ name }) => ({ taskId, node: name })),
    ),
    nodes: topology.nodes.flatMap(({ kind, name }) => (ENDS.has(kind) ? [name] : [])),
    dropReasons,
  }
}

/**
 * Picks the value format of a topic that is written or read as `topic.format.<topic>` says.
 * @throws TopologyError when the topic has no such format.
 */
export function resolveFormat<T extends ErasedSinkTopic>(
  topic: T,
  formats: StreamsConfig['topicFormats'],
): T {
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

/**
 * The global tables and stores of a topology, each with its topic in the format that is set for it.
 * @throws TopologyError when a topic has no such format.
 */
export function globalsOf(
  { nodes }: Topology,
  formats: StreamsConfig['topicFormats'],
): GlobalNode[] {
  return nodes.filter(isGlobal).map((node) => {
    return { ...node, topic: resolveFormat(node.topic, formats) }
  })
}
