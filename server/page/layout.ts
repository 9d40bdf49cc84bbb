// Where the nodes of a topology go: sub-topologies are boxes in the order of the data, and within a box
// nodes stand in the order of the data too. Pure arithmetic; graph.ts draws it.
import type { Graph, GraphNode } from '../wire.ts'

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Box extends Size {
  readonly x: number
  readonly y: number
}

export interface PlacedNode extends Box {
  readonly node: GraphNode
}

/** An edge between two nodes; `topic` is the one that lies between two sub-topologies. */
export interface PlacedEdge {
  readonly from: PlacedNode
  readonly to: PlacedNode
  readonly topic: string | undefined
}

export interface Layout extends Size {
  readonly boxes: readonly (Box & { readonly id: number })[]
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
}

export type Direction = 'right' | 'down'

const NODE: Size = { width: 160, height: 52 }
const PADDING = 12
const HEAD = 20

/** Room along the data and across it; between boxes and outside there are labels. */
const ROOM = {
  right: { along: 22, across: 14, between: 84, outside: 88 },
  down: { along: 22, across: 12, between: 66, outside: 44 },
} as const

/** Lays a topology out, with the data flowing to the right or down. */
export function layoutOf({ subtopologies }: Graph, direction: Direction): Layout {
  const cross = crossings(subtopologies)
  const indexes = subtopologies.map((_, i) => i)
  const columns = ranksOf(indexes, (i) =>
    cross.filter(({ from }) => from.part === i).map(({ to }) => to.part),
  )
  const parts = subtopologies.map(({ id, nodes }) => ({ id, ...partOf(nodes, direction) }))
  const places = placesOf(parts, columns, direction)
  const boxes = parts.map(({ id, along, across }, i) => ({
    id,
    ...turned(direction, places[i]!, { along, across }),
  }))
  const nodes = parts.flatMap((part, i) =>
    part.nodes.map(({ node, at }): PlacedNode => {
      const along = places[i]!.along + at.along
      const across = places[i]!.across + at.across
      const { x, y } = turned(direction, { along, across }, { along: 0, across: 0 })
      return { node, x, y, ...NODE }
    }),
  )
  const { outside } = ROOM[direction]
  const right = Math.max(0, ...boxes.map(({ x, width }) => x + width))
  const bottom = Math.max(0, ...boxes.map(({ y, height }) => y + height))
  return {
    boxes,
    nodes,
    edges: edgesOf(nodes, cross),
    width: right + (direction === 'right' ? outside : 1),
    height: bottom + (direction === 'right' ? 1 : outside),
  }
}

/** Along the data, and across it. */
interface Spot {
  readonly along: number
  readonly across: number
}

function turned(direction: Direction, at: Spot, size: Spot): Box {
  return direction === 'right'
    ? { x: at.along, y: at.across, width: size.along, height: size.across }
    : { x: at.across, y: at.along, width: size.across, height: size.along }
}

/** Longest way to each from where it begins; a way that comes round ends somewhere. */
function ranksOf<T>(all: readonly T[], nextOf: (one: T) => readonly T[]): Map<T, number> {
  const ranks = new Map<T, number>(all.map((one) => [one, 0]))
  // A way without a circle has fewer steps than there are places.
  for (let step = 1; step < all.length; step++) {
    for (const one of all) {
      const rank = (ranks.get(one) ?? 0) + 1
      for (const next of nextOf(one)) {
        if (next !== one && rank > (ranks.get(next) ?? 0)) ranks.set(next, rank)
      }
    }
  }
  return ranks
}

interface Part extends Spot {
  readonly nodes: readonly { readonly node: GraphNode; readonly at: Spot }[]
}

/** Ranks by the order of data; rows so that a chain stays in its row and branches lie beside each other. */
function partOf(nodes: readonly GraphNode[], direction: Direction): Part {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const childrenOf = ({ children }: GraphNode): GraphNode[] =>
    children.flatMap((name) => byName.get(name) ?? [])
  const ranks = ranksOf(nodes, childrenOf)
  const rows = new Map<GraphNode, number>()
  let free = 0
  const place = (node: GraphNode): number => {
    rows.set(node, free)
    const below = childrenOf(node).flatMap((child) => (rows.has(child) ? [] : [place(child)]))
    const row = below.length === 0 ? free++ : (below[0]! + below.at(-1)!) / 2
    rows.set(node, row)
    return row
  }
  for (const node of nodes) if (ranks.get(node) === 0 && !rows.has(node)) place(node)
  for (const node of nodes) if (!rows.has(node)) place(node)
  const room = ROOM[direction]
  const isRight = direction === 'right'
  const stepAlong = room.along + (isRight ? NODE.width : NODE.height)
  const stepAcross = room.across + (isRight ? NODE.height : NODE.width)
  const head = { along: isRight ? 0 : HEAD, across: isRight ? HEAD : 0 }
  return {
    nodes: nodes.map((node) => ({
      node,
      at: {
        along: PADDING + head.along + (ranks.get(node) ?? 0) * stepAlong,
        across: PADDING + head.across + (rows.get(node) ?? 0) * stepAcross,
      },
    })),
    along:
      Math.max(0, ...ranks.values()) * stepAlong +
      stepAlong -
      room.along +
      2 * PADDING +
      head.along,
    across: Math.max(free, 1) * stepAcross - room.across + 2 * PADDING + head.across,
  }
}

/** Boxes of one rank stand beside each other, in the middle of the widest rank. */
function placesOf(
  parts: readonly Spot[],
  columns: ReadonlyMap<number, number>,
  direction: Direction,
): Spot[] {
  const { between, outside } = ROOM[direction]
  const gap = PADDING
  const inColumn = (column: number): Spot[] => parts.filter((_, i) => columns.get(i) === column)
  const widthOf = (column: number): number =>
    inColumn(column).reduce((sum, { across }) => sum + across + gap, -gap)
  const all = Array.from({ length: Math.max(0, ...columns.values()) + 1 }, (_, column) => column)
  const widest = Math.max(0, ...all.map(widthOf))
  const next = all.map((column) => (widest - widthOf(column)) / 2 + 1)
  const starts = all.map((column) =>
    all
      .slice(0, column)
      .reduce(
        (sum, before) => sum + between + Math.max(0, ...inColumn(before).map(({ along }) => along)),
        outside,
      ),
  )
  return parts.map(({ across }, i) => {
    const column = columns.get(i) ?? 0
    const at = next[column] ?? 0
    next[column] = at + across + gap
    return { along: starts[column] ?? 0, across: at }
  })
}

interface Crossing {
  readonly from: { readonly part: number; readonly node: GraphNode }
  readonly to: { readonly part: number; readonly node: GraphNode }
  readonly topic: string
}

/** Sinks and sources of one topic, over all sub-topologies. */
function crossings(subtopologies: Graph['subtopologies']): Crossing[] {
  const all = subtopologies.flatMap(({ nodes }, part) => nodes.map((node) => ({ part, node })))
  const sinks = all.filter(({ node }) => node.kind === 'sink')
  const sources = all.filter(({ node }) => node.kind === 'source')
  return sinks.flatMap((from) =>
    sources.flatMap((to) => {
      const topic = from.node.topics.find((name) => to.node.topics.includes(name))
      const isSame = from.node.isInternal === to.node.isInternal
      return topic !== undefined && isSame ? [{ from, to, topic }] : []
    }),
  )
}

function edgesOf(nodes: readonly PlacedNode[], cross: readonly Crossing[]): PlacedEdge[] {
  const byName = new Map(nodes.map((placed) => [placed.node.name, placed]))
  const inner = nodes.flatMap((from) =>
    from.node.children.flatMap((name) => {
      const to = byName.get(name)
      return to === undefined ? [] : [{ from, to, topic: undefined }]
    }),
  )
  const outer = cross.flatMap(({ from, to, topic }) => {
    const [a, b] = [byName.get(from.node.name), byName.get(to.node.name)]
    return a === undefined || b === undefined ? [] : [{ from: a, to: b, topic }]
  })
  return [...inner, ...outer]
}
