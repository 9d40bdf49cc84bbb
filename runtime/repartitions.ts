// The repartition topics of an application, and how many partitions each has: what is joined must have as
// many as its other side (Kafka Streams' CopartitionedTopicsEnforcer). `topics.ts` asks before a start.
import type { TopicSpec } from '../broker/ports.ts'
import { TopologyError } from '../topology/errors.ts'
import { parentsOf, type TopologyNode } from '../topology/node.ts'
import { tablesReadBy } from '../topology/processor-stores.ts'
import { isForeignCut } from '../topology/foreign-join.ts'
import { repartitionTopic, type CutNode, type Subtopology } from '../topology/subtopology.ts'
import type { Topology } from '../topology/topology.ts'

type Input = Subtopology['inputs'][number]

/**
 * How long Kafka keeps repartitioned rows: Kafka Streams deletes what was read, this client cannot.
 * Rows are lost to an application that stands still for longer than this.
 */
const REPARTITION_RETENTION_MS = 7 * 24 * 3_600_000

/**
 * Brokers delete segments by the latest time in them. Rows that are records bear their event time, and those
 * between them that tell it the wall clock: no segment may end with rows alone, so none ends by its age.
 */
const SEGMENT_MS = 100 * 365 * 24 * 3_600_000

/** Inputs whose partitions of one number belong together, and the first node that brings them together. */
interface Joined {
  readonly node: string
  readonly inputs: Set<Input>
}

const JOINS = new Set<TopologyNode['kind']>([
  'stream-join',
  'stream-table-join',
  'table-join',
  'foreign-answer',
  'foreign-join',
  'cogroup',
])

/**
 * The repartition topics of an application, with the partitions of what flows into each, or of what it
 * is joined with.
 * @throws TopologyError when topics that are joined have different numbers of partitions.
 */
export function repartitionsOf(
  topology: Topology,
  applicationId: string,
  partitions: ReadonlyMap<string, number>,
): TopicSpec[] {
  const counts = new PartitionCounts(topology, applicationId, partitions)
  const config = {
    'cleanup.policy': 'delete',
    'retention.ms': String(REPARTITION_RETENTION_MS),
    // Whatever the broker's default.
    'retention.bytes': '-1',
    'segment.ms': String(SEGMENT_MS),
  }
  const specs = topology.subtopologies.flatMap(({ inputs }) =>
    inputs.flatMap((input) => {
      if (input.kind === 'source') return []
      const name = repartitionTopic(applicationId, input)
      return [{ name, partitions: counts.of(input), config, isInternal: true }]
    }),
  )
  counts.check()
  return specs.filter(({ partitions: count }) => count > 0)
}

/** The sub-topology that writes the repartition topic of a node that cuts. */
export function partWriting(topology: Topology, cut: string): Subtopology {
  const part = topology.subtopologies.find(({ nodes }) => nodes.some(({ name }) => name === cut))
  if (part === undefined) throw new TopologyError(cut, 'nothing writes to this grouping')
  return part
}

class PartitionCounts {
  readonly #topology: Topology
  readonly #applicationId: string
  readonly #counts: Map<string, number>
  readonly #joined: readonly Joined[]

  constructor(topology: Topology, applicationId: string, known: ReadonlyMap<string, number>) {
    this.#topology = topology
    this.#applicationId = applicationId
    this.#counts = new Map(known)
    this.#joined = topology.subtopologies.flatMap((part) => joinedIn(part))
  }

  /** Partitions of a cut: as it says, as what it is joined with has, or as what flows into it has. */
  of(cut: CutNode): number {
    const name = repartitionTopic(this.#applicationId, cut)
    const known = this.#counts.get(name)
    if (known !== undefined) return known
    const given = givenOf(cut)
    // A part may read what it writes itself: that has no say in its own partitions.
    this.#counts.set(name, given ?? 0)
    const count =
      given ?? this.#ofPartners(cut) ?? this.#tasksOf(partWriting(this.#topology, cut.name))
    this.#counts.set(name, count)
    return count
  }

  /** @throws TopologyError */
  check(): void {
    for (const { node, inputs } of this.#joined) {
      const topics = [...inputs].flatMap((input) => this.#topicsOf(input))
      if (new Set(topics.map(([, count]) => count)).size < 2) continue
      const which = topics.map(([name, count]) => `${name} has ${count}`).join(', ')
      throw new TopologyError(
        node,
        `what it brings together must have as many partitions on each side, but ${which}: ` +
          'put repartition() before it on one of the sides, with the partitions of the other',
      )
    }
  }

  #ofPartners(cut: CutNode): number | undefined {
    const joined = this.#joined.find(({ inputs }) => inputs.has(cut))
    if (joined === undefined) return undefined
    // What travels between the tables of a foreign-key join goes where they are, and has no say.
    const leading = [...joined.inputs].filter((input) => !isForeignCut(input))
    if (isForeignCut(cut)) return this.#widest(leading)
    const partners = leading.filter((input) => input !== cut)
    const fixed = partners.filter(
      (input) => input.kind === 'source' || givenOf(input) !== undefined,
    )
    if (fixed.length > 0) {
      return this.#widest(fixed)
    }
    const parts = leading.map(({ name }) => partWriting(this.#topology, name))
    return Math.max(...parts.map((part) => this.#tasksOf(part)))
  }

  #tasksOf({ inputs }: Subtopology): number {
    return this.#widest(inputs.filter((input) => !isForeignCut(input)))
  }

  #widest(inputs: readonly Input[]): number {
    const counts = inputs.flatMap((input) => this.#topicsOf(input)).map(([, count]) => count)
    return Math.max(0, ...counts)
  }

  #topicsOf(input: Input): [name: string, count: number][] {
    if (input.kind !== 'source') {
      return [[repartitionTopic(this.#applicationId, input), this.of(input)]]
    }
    return input.topics.map(({ name }) => [name, this.#counts.get(name) ?? 1])
  }
}

const givenOf = (cut: CutNode): number | undefined =>
  cut.kind === 'repartition' ? cut.partitions : undefined

/** The inputs of a part that meet in a join, or in one join after another. */
function joinedIn(part: Subtopology): Joined[] {
  const found: Joined[] = []
  for (const node of part.nodes) {
    const tables = tablesReadBy(node)
    if (!JOINS.has(node.kind) && tables.length === 0) continue
    const met = [...parentsOf(node), ...tables]
    const inputs = new Set(met.flatMap((parent) => inputsBehind(part, parent)))
    const overlapping = found.filter((other) =>
      [...other.inputs].some((input) => inputs.has(input)),
    )
    for (const { inputs: more } of overlapping) for (const input of more) inputs.add(input)
    const others = found.filter((other) => !overlapping.includes(other))
    found.splice(0, found.length, ...others, { node: overlapping[0]?.node ?? node.name, inputs })
  }
  return found
}

/** The inputs of a part that records of a node come from. */
function inputsBehind(part: Subtopology, name: string): Input[] {
  const input = part.inputs.find((each) => each.name === name)
  if (input !== undefined) return [input]
  const node = part.nodes.find((each) => each.name === name)
  return node === undefined ? [] : parentsOf(node).flatMap((parent) => inputsBehind(part, parent))
}
