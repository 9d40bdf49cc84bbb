// Operators of streams as cases say them, in terms of the DSL.
import { Unsupported, type CaseNode, type FunctionSpec } from './case.ts'
import { valueSerde } from './codecs.ts'
import { ofKeyAndValue, pieces, toKey } from './functions.ts'
import {
  asStream,
  fn,
  keeping,
  mapping,
  streamKey,
  stringOf,
  type Built,
  type BuiltNodes,
  type CaseRecord,
  type CaseStream,
} from './built.ts'
import { processing, punctuating } from './processors.ts'

/** What a node makes of the stream that it reads. @throws Unsupported */
export function ofStream(nodes: BuiltNodes, node: CaseNode, name: string): Built | undefined {
  const stream = nodes.from(node)
  switch (node.op) {
    case 'filter':
      return asStream(stream.filter(name, keeping(fn(node, 'pred'))))
    case 'filterNot':
      return asStream(stream.filterNot(name, keeping(fn(node, 'pred'))))
    case 'mapValues':
      return asStream(stream.mapValues(name, mapping(fn(node, 'value'))))
    case 'map': {
      const [key, value] = [toKey(fn(node, 'key')), ofKeyAndValue(fn(node, 'value'))]
      const map = (v: unknown, { key: k }: CaseRecord) => ({ key: key(k, v), value: value(k, v) })
      return asStream(stream.map(name, map))
    }
    case 'selectKey': {
      const key = toKey(fn(node, 'key'))
      return asStream(stream.selectKey(name, (value, record) => key(record.key, value)))
    }
    case 'flatMapValues': {
      const separator = stringOf(node.split)
      return asStream(stream.flatMapValues(name, (value) => pieces(value, separator)))
    }
    case 'flatMap': {
      const separator = stringOf(node.split)
      const [key, value] = [toKey(fn(node, 'key')), ofKeyAndValue(fn(node, 'value'))]
      const map = (v: unknown, { key: k }: CaseRecord) =>
        pieces(v, separator).map((piece) => ({ key: key(k, piece), value: value(k, piece) }))
      return asStream(stream.flatMap(name, map))
    }
    case 'peek':
      return asStream(stream.peek(name, () => undefined))
    case 'merge':
      return asStream(stream.merge(name, nodes.of(node.with, 'stream').stream))
    case 'repartition': {
      const { partitions } = node as { partitions?: number }
      const spec = { key: streamKey, value: valueSerde }
      const more = partitions === undefined ? {} : { partitions }
      return asStream(stream.repartition(name, { ...spec, ...more }))
    }
    case 'split':
      return splitting(nodes, stream, node, name)
    case 'process':
    case 'processValues':
      return asStream(processing(stream, name, node))
    case 'punctuate':
      return asStream(punctuating(stream, name, node))
    default:
      throw new Unsupported(`op ${node.op}`)
  }
}

function splitting(nodes: BuiltNodes, stream: CaseStream, node: CaseNode, name: string): undefined {
  const branches = node.branches as { name: string; pred: FunctionSpec }[]
  let split = stream.split(name) as ReturnType<CaseStream['split']> & {
    branch(name: string, when: (value: unknown, record: CaseRecord) => boolean): typeof split
  }
  branches.forEach(({ pred }, i) => {
    split = split.branch(`b${i}`, keeping(pred)) as typeof split
  })
  const made: Readonly<Record<string, CaseStream>> =
    node.default === undefined ? split.noDefaultBranch() : split.defaultBranch('rest')
  branches.forEach((branch, i) => {
    nodes.set(`${node.id}.${branch.name}`, asStream(made[`b${i}`]!))
  })
  if (node.default !== undefined) {
    nodes.set(`${node.id}.${stringOf(node.default)}`, asStream(made.rest!))
  }
}
