// What the page reads beside what others read, too: the last minutes, the status, the topology and the panels
// as JSON. routes.ts has them in its table.
import type { EventReply, Reply } from './reply.ts'
import { compactReply, jsonReply } from './reply.ts'
import type { HistorySource, ServerSources } from './sources.ts'
import { statusOf } from './status.ts'
import type { Graph, GraphNode } from './wire.ts'

/** GET /history. */
export function history({ history: { points, pointsMax } }: HistorySource): Reply {
  return compactReply({ points, pointsMax })
}

/** GET /history/events. */
export function historyEvents({ history }: HistorySource): EventReply {
  return { events: (send) => history.watch((point) => send(JSON.stringify(point))) }
}

/** GET /status. */
export function status(sources: ServerSources): Reply {
  const state = sources.application?.() ?? { runId: '', state: 'unknown', threads: [] }
  const { reasons } = sources.health()
  return jsonReply(200, statusOf(sources.applicationId, state, reasons, sources.metrics()))
}

/** GET /panels. */
export async function panels(sources: ServerSources): Promise<Reply> {
  return compactReply((await sources.panels?.()) ?? [])
}

/** GET /topology.json. */
export function topologyJson(sources: ServerSources): Reply {
  return jsonReply(200, graphOf(sources))
}

/** The topology, its topics by the names that they have; an empty one where the sources have none. */
export function graphOf({ applicationId, topologyJson }: ServerSources): Graph {
  if (topologyJson === undefined) return { name: applicationId, subtopologies: [] }
  const { name, subtopologies } = JSON.parse(topologyJson()) as Graph
  const named = (node: GraphNode): GraphNode =>
    node.isInternal
      ? { ...node, topics: node.topics.map((topic) => `${applicationId}-${topic}`) }
      : node
  const parts = subtopologies.map((part) => ({ ...part, nodes: part.nodes.map(named) }))
  return { name, subtopologies: parts }
}
