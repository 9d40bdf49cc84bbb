// Where what a node of a case reads comes from: for what is drawn, and for what is compared.
import type { CaseNode } from '../case.ts'

/** The node of an id, or the one whose branch has it. */
export function nodeOf(nodes: readonly CaseNode[], id: string): CaseNode | undefined {
  return nodes.find((node) => isMadeBy(id, node))
}

/** Whether this is the id of a node or of one of its branches. */
export const isMadeBy = (id: string, node: CaseNode): boolean =>
  node.id !== undefined && (id === node.id || id.startsWith(`${node.id}.`))

/** The ids that a node reads. */
export function readsOf(node: CaseNode): string[] {
  const inputs = (node.inputs ?? []) as { from: string }[]
  return [node.from, node.with, ...inputs.map(({ from }) => from)].filter((id) => id !== undefined)
}

/** The nodes that a node goes back to, itself included. */
export function originsOf(nodes: readonly CaseNode[], id: string | undefined): CaseNode[] {
  const node = id === undefined ? undefined : nodeOf(nodes, id)
  if (node === undefined) return []
  return [node, ...readsOf(node).flatMap((from) => originsOf(nodes, from))]
}

/** What passes the very record on that it reads, for others to read, too. */
const PASSING = new Set(['filter', 'filterNot', 'peek', 'merge', 'split'])

/** The nodes whose very records a node reads. */
export function sharedBy(nodes: readonly CaseNode[], { from, with: other }: CaseNode): CaseNode[] {
  return [from, other].flatMap((id) => {
    const node = id === undefined ? undefined : nodeOf(nodes, id)
    if (node === undefined) return []
    return PASSING.has(node.op) ? [node, ...sharedBy(nodes, node)] : [node]
  })
}
