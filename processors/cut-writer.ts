// Makes the writer of a repartition topic by the node that cuts: what travels, by which key, and who gets it.
// Where rows are records, values and headers travel though only others look at them.
import type { TopologyNode } from '../topology/node.ts'
import { isForeignCut } from '../topology/foreign-join.ts'
import { keepsNullKeys } from '../topology/null-keys.ts'
import type { CutNode } from '../topology/subtopology.ts'
import type { OnFailure } from './failures.ts'
import type { RepartitionFormat } from './cut-rows.ts'
import type { TaskContext } from './processor.ts'
import { RepartitionWriter } from './repartition-writer.ts'
import { carriesHeaders, keyOfCut, travellingOf, writtenOf } from './travelling.ts'

/** @param topic that it writes. */
export function cutWriter(
  cut: CutNode,
  topic: string,
  format: RepartitionFormat,
  nodes: readonly TopologyNode[],
  failed: OnFailure,
  context: TaskContext,
): RepartitionWriter {
  const isForeign = isForeignCut(cut)
  const isForOthers = format === 'records'
  const spec = {
    node: cut.name,
    topic,
    format,
    key: keyOfCut(cut),
    value: isForOthers ? writtenOf(cut, nodes) : travellingOf(cut, nodes),
    vouches: cut.kind === 'group',
    takesNullKeys: isForeign || keepsNullKeys(cut.name, nodes),
    carriesHeaders: isForOthers || carriesHeaders(cut.name, nodes),
    goesByInnerKey: isForeign,
    partitioner: cut.kind === 'repartition' ? cut.partitioner : undefined,
    failed,
  }
  return new RepartitionWriter(spec, context)
}
