import { expect } from 'chai'
import { layoutOf, type Box, type Direction } from '../../../server/page/layout.ts'
import type { Graph } from '../../../server/wire.ts'
import policeCalls from '../../../jobs/police-calls/topology.ts'

const graph = JSON.parse(policeCalls.describe({ format: 'json' })) as Graph

const isApart = (a: Box, b: Box): boolean =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y

describe('the layout of a topology', () => {
  for (const direction of ['right', 'down'] as const satisfies readonly Direction[]) {
    it(`has all nodes and boxes apart from each other, with the data going ${direction}`, () => {
      const { nodes, boxes, width, height } = layoutOf(graph, direction)
      expect(nodes).to.have.length(graph.subtopologies.flatMap((part) => part.nodes).length)
      for (const boxesOrNodes of [nodes, boxes]) {
        for (const [i, box] of boxesOrNodes.entries()) {
          expect(box.x).to.be.at.least(0)
          expect(box.x + box.width).to.be.at.most(width)
          expect(box.y + box.height).to.be.at.most(height)
          for (const other of boxesOrNodes.slice(i + 1)) {
            expect(isApart(box, other)).to.equal(true)
          }
        }
      }
    })
  }

  it('lets the data go one way', () => {
    for (const { from, to } of layoutOf(graph, 'right').edges) expect(to.x).to.be.above(from.x)
    for (const { from, to } of layoutOf(graph, 'down').edges) expect(to.y).to.be.above(from.y)
  })

  it('joins sub-topologies by the topics between them', () => {
    const crossing = layoutOf(graph, 'right').edges.filter(({ topic }) => topic !== undefined)
    expect(crossing.map(({ from, to }) => [from.node.name, to.node.name])).to.deep.equal([
      ['by-type-sink', 'by-type-source'],
      ['by-outcome-sink', 'by-outcome-source'],
    ])
  })

  it('ends where nodes read each other in a circle, and with no nodes', () => {
    const node = (name: string, children: string[]) => ({
      name,
      kind: 'processor' as const,
      topics: [],
      isInternal: false,
      stores: [],
      children,
      parents: [],
    })
    const circle = { id: 0, nodes: [node('a', ['b']), node('b', ['a'])] }
    expect(layoutOf({ name: 'x', subtopologies: [circle] }, 'right').nodes).to.have.length(2)
    expect(layoutOf({ name: 'x', subtopologies: [] }, 'right').nodes).to.deep.equal([])
  })
})
