// The figures of the topology's graph: what stands on its edges, stores and boxes, out of the last second
// and the status. graph.ts says where.
import type { GraphNode, HistoryPoint, Status } from '../wire.ts'
import { brief, bytes, count, rate } from './format.ts'

/** What the figures are made of. */
export interface Now {
  readonly point: HistoryPoint | undefined
  readonly status: Status
}

export type TextOf = (now: Now) => string

/** Records a second that are read from topics. */
export function readRate(topics: readonly string[]): TextOf {
  return ({ point }) => perSecond(point, 'consumed', topics)
}

/** Records a second that are written to topics. */
export function writeRate(topics: readonly string[]): TextOf {
  return ({ point }) => perSecond(point, 'produced', topics)
}

function perSecond(
  point: HistoryPoint | undefined,
  counts: 'consumed' | 'produced',
  topics: readonly string[],
): string {
  if (point === undefined) return ''
  const sum = topics.reduce((total, topic) => total + (point[counts][topic] ?? 0), 0)
  return rate((sum * 1_000) / point.spanMs)
}

/** Records of topics that are not read yet; nothing where that is not known. */
export function lagOf(topics: readonly string[]): TextOf {
  return ({ status }) => {
    const lags = status.topics
      .filter(({ topic }) => topics.includes(topic))
      .flatMap(({ lag }) => (lag === null ? [] : [lag]))
    return lags.length === 0 ? '' : `lag ${brief(lags.reduce((a, b) => a + b, 0))}`
  }
}

/** A sub-topology, its tasks and what they have dropped since the start. */
export function boxTitle(id: number): TextOf {
  return ({ status }) => {
    const mine = status.tasks.filter(({ taskId }) => taskId.startsWith(`${id}_`))
    const dropped = mine
      .flatMap((task) => Object.values(task.dropped))
      .reduce((sum, records) => sum + records, 0)
    const tasks = `sub-topology ${id}, tasks: ${mine.length}`
    return dropped === 0 ? tasks : `${tasks}, dropped: ${count(dropped)}`
  }
}

/** The second line of a node: the topic of a source or sink; of a processor its stores' size and rate. */
export function detailOf(node: GraphNode): TextOf {
  if (node.kind === 'processor') {
    return (now) => [storeSize(node)(now), ...operatorRate(node, now)].filter(Boolean).join(', ')
  }
  return ({ status }) => {
    const prefix = node.isInternal ? `${status.applicationId}-` : ''
    const names = node.topics.map((topic) =>
      topic.slice(topic.startsWith(prefix) ? prefix.length : 0),
    )
    return names.join(', ') || 'chosen for each record'
  }
}

/** Known only where operators are counted. */
function operatorRate({ name }: GraphNode, { point }: Now): string[] {
  const records = point?.operators[name]
  return point === undefined || records === undefined
    ? []
    : [rate((records * 1_000) / point.spanMs)]
}

function storeSize({ stores }: GraphNode): TextOf {
  return ({ status }) => {
    if (stores.length === 0) return ''
    const mine = status.stores.filter(({ store }) => stores.includes(store))
    const keys = mine.reduce((sum, store) => sum + store.keys, 0)
    const size = mine.reduce((sum, store) => sum + store.bytes, 0)
    return `${brief(keys)} rows, ${bytes(size)}`
  }
}
