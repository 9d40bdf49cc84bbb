// The topology as a live graph: drawn once, then only the figures on its edges and stores change with each
// second. main.ts gives it the graph, points and the status.
import type { Graph, HistoryPoint, Status } from '../wire.ts'
import { html, setText, svg } from './dom.ts'
import {
  boxTitle,
  detailOf,
  lagOf,
  readRate,
  writeRate,
  type Now,
  type TextOf,
} from './graph-figures.ts'
import {
  layoutOf,
  type Direction,
  type Layout,
  type PlacedEdge,
  type PlacedNode,
} from './layout.ts'

const NAME_LENGTH = 20
const DETAIL_LENGTH = 23
const LINE = 14

export class TopologyGraph {
  readonly #home: HTMLElement
  readonly #graph: Graph
  readonly #narrow = matchMedia('(max-width: 50rem)')
  #labels: { readonly element: Element; readonly textOf: TextOf }[] = []
  #now: Now | undefined

  constructor(home: HTMLElement, graph: Graph) {
    this.#home = home
    this.#graph = graph
    this.#narrow.addEventListener('change', () => this.#draw())
    this.#draw()
  }

  /** Shows the figures of the last second. */
  update(point: HistoryPoint | undefined, status: Status): void {
    this.#now = { point, status }
    for (const { element, textOf } of this.#labels) setText(element, textOf(this.#now))
  }

  #draw(): void {
    const direction: Direction = this.#narrow.matches ? 'down' : 'right'
    const layout = layoutOf(this.#graph, direction)
    this.#labels = []
    if (layout.nodes.length === 0) {
      this.#home.replaceChildren(html('p', {}, 'The application tells no topology.'))
      return
    }
    const { width, height } = layout
    const name = `Topology ${this.#graph.name}`
    const picture = svg(
      'svg',
      { class: 'graph', viewBox: `0 0 ${width} ${height}`, width, height, 'aria-label': name },
      arrowHead(),
      ...layout.boxes.flatMap(({ id, ...box }) => [
        svg('rect', { class: 'box', ...box, rx: 8 }),
        this.#text('box-title', box.x + 12, box.y + 17, boxTitle(id)),
      ]),
      ...layout.edges.flatMap((edge) => this.#edge(edge, direction)),
      ...this.#ends(layout, direction),
      ...layout.nodes.map((placed) => this.#node(placed)),
    )
    picture.setAttribute('role', 'group')
    this.#home.replaceChildren(picture)
    if (this.#now !== undefined) this.update(this.#now.point, this.#now.status)
  }

  #text(kind: string, x: number, y: number, textOf: TextOf): SVGTextElement {
    const element = svg('text', { class: kind, x, y })
    this.#labels.push({ element, textOf })
    return element
  }

  #edge({ from, to, topic }: PlacedEdge, direction: Direction): SVGElement[] {
    const line = arrow(topic === undefined ? 'edge' : 'edge outer', wayOf(from, to, direction))
    if (topic === undefined) return [line]
    const isRight = direction === 'right'
    const x = isRight ? to.x - 18 : to.x + to.width / 2 + 8
    const y = isRight ? to.y + to.height / 2 - 7 : to.y - 54
    const kind = isRight ? 'figure end' : 'figure'
    const below = isRight ? y + LINE + 6 : y + LINE
    return [
      line,
      this.#text(kind, x, y, readRate([topic])),
      this.#text(`${kind} lag`, x, below, lagOf([topic])),
    ]
  }

  /** Arrows in from the topics of others, and out to them. */
  #ends({ nodes, edges }: Layout, direction: Direction): SVGElement[] {
    const crossed = edges.filter(({ topic }) => topic !== undefined)
    const inner = new Set(crossed.flatMap(({ from, to }) => [from, to]))
    return nodes
      .filter((placed) => placed.node.kind !== 'processor' && !inner.has(placed))
      .flatMap((placed) => (direction === 'right' ? this.#endRight(placed) : this.#endDown(placed)))
  }

  #endRight({ node, x, y, width, height }: PlacedNode): SVGElement[] {
    const middle = y + height / 2
    if (node.kind === 'sink') {
      const start = x + width
      return [
        arrow('edge outer', `M${start} ${middle}L${start + 84} ${middle}`),
        this.#text('figure', start + 16, middle - 7, writeRate(node.topics)),
      ]
    }
    return [
      arrow('edge outer', `M${x - 100} ${middle}L${x} ${middle}`),
      this.#text('figure end', x - 16, middle - 7, readRate(node.topics)),
      this.#text('figure end lag', x - 16, middle + LINE, lagOf(node.topics)),
    ]
  }

  #endDown({ node, x, y, width, height }: PlacedNode): SVGElement[] {
    const middle = x + width / 2
    if (node.kind === 'sink') {
      const start = y + height
      return [
        arrow('edge outer', `M${middle} ${start}L${middle} ${start + 48}`),
        this.#text('figure', middle + 8, start + 32, writeRate(node.topics)),
      ]
    }
    return [
      arrow('edge outer', `M${middle} ${y - 72}L${middle} ${y}`),
      this.#text('figure', middle + 8, y - 62, readRate(node.topics)),
      this.#text('figure lag', middle + 8, y - 62 + LINE, lagOf(node.topics)),
    ]
  }

  #node({ node, x, y, width, height }: PlacedNode): SVGElement {
    const kind = node.stores.length > 0 ? 'store' : node.kind
    const radius = node.kind === 'processor' ? 6 : height / 2.6
    const detail = detailOf(node)
    const line = svg('text', { class: 'detail', x: x + 11, y: y + 39 })
    const title = svg('title')
    this.#labels.push(
      { element: line, textOf: (now) => clipped(detail(now), DETAIL_LENGTH) },
      { element: title, textOf: (now) => spoken(node.kind, node.name, detail(now)) },
    )
    return svg(
      'g',
      { class: `node ${kind}`, tabindex: 0, role: 'img' },
      title,
      svg('rect', { x, y, width, height, rx: radius }),
      svg('text', { class: 'name', x: x + 11, y: y + 22 }, clipped(node.name, NAME_LENGTH)),
      line,
    )
  }
}

function spoken(kind: string, name: string, detail: string): string {
  return detail === '' ? `${kind} ${name}` : `${kind} ${name}: ${detail}`
}

function arrow(kind: string, d: string): SVGElement {
  return svg('path', { class: kind, d, 'marker-end': 'url(#arrow)' })
}

function arrowHead(): SVGElement {
  const size = { refX: 7, refY: 4, markerWidth: 7, markerHeight: 7 }
  const shape = svg('path', { d: 'M0 0L8 4L0 8Z', class: 'arrow' })
  return svg(
    'defs',
    {},
    svg('marker', { id: 'arrow', viewBox: '0 0 8 8', orient: 'auto', ...size }, shape),
  )
}

function wayOf(from: PlacedNode, to: PlacedNode, direction: Direction): string {
  if (direction === 'right') {
    const [ax, ay] = [from.x + from.width, from.y + from.height / 2]
    const [bx, by] = [to.x, to.y + to.height / 2]
    const middle = (ax + bx) / 2
    return `M${ax} ${ay}C${middle} ${ay} ${middle} ${by} ${bx} ${by}`
  }
  const [ax, ay] = [from.x + from.width / 2, from.y + from.height]
  const [bx, by] = [to.x + to.width / 2, to.y]
  const middle = (ay + by) / 2
  return `M${ax} ${ay}C${ax} ${middle} ${bx} ${middle} ${bx} ${by}`
}

function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
