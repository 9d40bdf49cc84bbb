// Turns one sub-topology into the processors of a task: nodes become forward functions, composed once
// from the sinks up. The one place that knows all kinds, and where erased types meet the processors.
import { KeyTable } from '../state/key-table.ts'
import { assertNever, type ErasedSinkTopic, type TopologyNode } from '../topology/node.ts'
import { repartitionTopic, type Subtopology } from '../topology/subtopology.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import { FrameInput } from './frame-input.ts'
import { groupInPlace, RepartitionWriter } from './group.ts'
import { Parser } from './parse.ts'
import type { Forward, TaskContext } from './processor.ts'
import { sink } from './sink.ts'
import { SourceInput } from './source-input.ts'
import { filter, map, mapValues, peek, selectKey } from './stateless.ts'
import { staticJoin } from './static-join.ts'
import { windowedCount } from './windowed-count.ts'

/** The processors of a task. */
export interface TaskProcessors {
  /** Exactly one of the two heads is there. */
  readonly source: SourceInput | undefined
  readonly frames: FrameInput | undefined
  /** The repartition topics that this task writes. */
  readonly writers: readonly RepartitionWriter[]
}

/** What building needs to know beside the nodes. */
export interface BuildOptions {
  readonly applicationId: string
  /** Group nodes that end their sub-topology. */
  readonly cuts: ReadonlySet<string>
  /** Tasks that write the repartition topic that this one reads. */
  readonly writersOf: (group: string) => number
  /** The topic with the value format that the configuration picked. */
  readonly resolve: (topic: ErasedSinkTopic) => ErasedSinkTopic
  /** What reads rows with declared fields; the one in TypeScript where it is not given. */
  readonly readerOf?: RowReaderFactory | undefined
}

/** Makes the processors of one task. @throws StaticTableError when a static table cannot be read. */
export function buildTask(
  part: Subtopology,
  context: TaskContext,
  options: BuildOptions,
): TaskProcessors {
  const writers: RepartitionWriter[] = []
  const childrenOf = (name: string): TopologyNode[] =>
    part.nodes.filter((node) => 'from' in node && node.from === name)

  /** What comes after a node; `keys` is the grouping that it belongs to. */
  const after = (name: string, keys?: KeyTable): Forward =>
    inTurn(childrenOf(name).map((node) => forwardOf(node, keys)))

  function forwardOf(node: TopologyNode, keys: KeyTable | undefined): Forward {
    switch (node.kind) {
      case 'filter':
        return filter(node, after(node.name, keys))
      case 'map':
        return map(node, after(node.name))
      case 'map-values':
        return mapValues(node, after(node.name, keys))
      case 'select-key':
        return selectKey(node, after(node.name))
      case 'peek':
        return peek(node, after(node.name, keys))
      case 'group': {
        if (options.cuts.has(node.name)) {
          const topic = repartitionTopic(options.applicationId, node.name)
          const writer = new RepartitionWriter(node, topic, context)
          writers.push(writer)
          return writer.process
        }
        const table = new KeyTable(node.key.serde)
        return groupInPlace(node, table, after(node.name, table), context)
      }
      case 'windowed-count':
        return windowedCount(node, keys!, () => after(node.name, keys), context)
      case 'static-join':
        return staticJoin(node, after(node.name, keys), context)
      case 'sink':
        return sink(node, options.resolve(node.topic), context)
      case 'source':
      case 'parse':
        throw new Error(`${node.name} is read by its source`)
      default:
        return assertNever(node)
    }
  }

  const input = part.inputs[0]!
  if (input.kind === 'group') {
    const keys = new KeyTable(input.key.serde)
    const topic = repartitionTopic(options.applicationId, input.name)
    const next = after(input.name, keys)
    const frames = new FrameInput(topic, options.writersOf(input.name), keys, next, context)
    return { source: undefined, frames, writers }
  }
  const children = childrenOf(input.name)
  const parsers = children.flatMap((node) =>
    node.kind === 'parse' ? [new Parser(node, after(node.name), context, options.readerOf)] : [],
  )
  const others = children.filter((node) => node.kind !== 'parse')
  const next =
    others.length === 0 ? undefined : inTurn(others.map((node) => forwardOf(node, undefined)))
  return {
    source: new SourceInput(input.topic, parsers, next, context),
    frames: undefined,
    writers,
  }
}

/** Calls each in turn: a record finishes one branch before the next begins. */
function inTurn(branches: readonly Forward[]): Forward {
  const [first, second] = branches
  if (first === undefined) return () => undefined
  if (second === undefined) return first
  return (record) => {
    for (let i = 0; i < branches.length; i++) branches[i]!(record)
  }
}
