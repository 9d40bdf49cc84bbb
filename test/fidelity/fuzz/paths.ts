// Which ways the records of a source take to each node of a drawn topology: what comes by two topics between
// parts of it at one time has no order, in Kafka Streams either, and is not drawn.
import type { CaseNode } from '../case.ts'

/** What a node reads its records by. */
interface Way {
  /** By source topic, the topics between parts that its records came by last; `direct` for none. */
  readonly channels: ReadonlyMap<string, ReadonlySet<string>>
  /** Whether the key may have changed since, so that a further topic is put in where keys matter. */
  readonly isRekeyed: boolean
}

const DIRECT = 'direct'
const REKEYING = new Set(['map', 'flatMap', 'selectKey', 'process', 'punctuate'])
const NOWHERE: Way = { channels: new Map(), isRekeyed: false }

/** The ways of the nodes of a topology, and whether some meet that have no order. */
export class Paths {
  readonly #ways = new Map<string, Way>()
  /** Whether records of one source meet that came by different topics between parts. */
  hasUnorderedMeeting = false

  constructor(nodes: readonly CaseNode[]) {
    for (const node of nodes) {
      const way = this.#wayOf(node)
      if (node.id === undefined) continue
      this.#ways.set(node.id, way)
      for (const { name } of (node.branches ?? []) as { name: string }[]) {
        this.#ways.set(`${node.id}.${name}`, way)
      }
      if (typeof node.default === 'string') this.#ways.set(`${node.id}.${node.default}`, way)
    }
  }

  /** Whether a node reads a topic between parts of the topology. */
  comesByTopicBetween(id: string): boolean {
    const { channels, isRekeyed } = this.#of(id)
    return isRekeyed || [...channels.values()].some((by) => [...by].some((one) => one !== DIRECT))
  }

  #of(id: string | undefined): Way {
    return this.#ways.get(id ?? '') ?? NOWHERE
  }

  #wayOf(node: CaseNode): Way {
    const { op, id = '' } = node
    const from = this.#of(node.from)
    switch (op) {
      case 'stream':
      case 'table': {
        const topics = (node.topics as string[] | undefined) ?? [String(node.topic)]
        const channels = new Map(topics.map((topic) => [topic, new Set([DIRECT])]))
        return { channels, isRekeyed: false }
      }
      case 'globalTable':
        return NOWHERE
      case 'groupBy':
      case 'repartition':
        return cut(from, id)
      case 'groupByKey':
      case 'toTable':
        return from.isRekeyed ? cut(from, id) : from
      case 'toStream':
        return node.key === undefined ? from : { ...from, isRekeyed: true }
      case 'cogroup': {
        const inputs = node.inputs as readonly { readonly from: string }[]
        return inputs.map((input) => this.#of(input.from)).reduce((a, b) => this.#met(a, b))
      }
      case 'merge':
        return this.#met(from, this.#of(node.with))
      case 'join':
        return this.#joined(node, from, this.#of(node.with), id)
      default:
        return REKEYING.has(op) ? { ...from, isRekeyed: true } : from
    }
  }

  #joined(node: CaseNode, left: Way, right: Way, id: string): Way {
    // A global table is looked up by any key.
    if (node.key !== undefined) return left
    const [one, other] = [left, right].map((way, i) =>
      way.isRekeyed ? cut(way, `${id}.${i}`) : way,
    )
    if (node.foreignKey === undefined) return this.#met(one!, other!)
    return cut(this.#met(cut(one!, `${id} subscription`), other!), id)
  }

  #met(one: Way, other: Way): Way {
    const channels = new Map(one.channels)
    for (const [topic, by] of other.channels) {
      const all = new Set([...(channels.get(topic) ?? []), ...by])
      channels.set(topic, all)
      if ([...all].filter((channel) => channel !== DIRECT).length > 1) {
        this.hasUnorderedMeeting = true
      }
    }
    return { channels, isRekeyed: one.isRekeyed || other.isRekeyed }
  }
}

/** Behind a topic between parts. */
function cut({ channels }: Way, id: string): Way {
  const behind = new Map([...channels.keys()].map((topic) => [topic, new Set([id])]))
  return { channels: behind, isRekeyed: false }
}
