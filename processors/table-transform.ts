// Runs processors of the user's own on the changes of a table (Kafka's KTableTransformValues): user code with
// stores and clocks makes each new value, and the result is a table again.
import type { TransformFunction } from '../topology/process.ts'
import type { TableTransformNode } from '../topology/table-nodes.ts'
import { RecordView } from './headers.ts'
import type { ProcessStores } from './process-stores.ts'
import { processorContext, type ProcessorSurroundings } from './processor-context.ts'
import { StreamRecord, userError, type TaskContext } from './processor.ts'
import type { TableView } from './table-view.ts'

/** What a transformation makes of a value; null is a value like others. */
export type Transform = (value: unknown, record: StreamRecord) => unknown

/** What makes the transformation of a task, once the stores are there, and what then runs it. */
export interface Transformation {
  readonly start: () => void
  readonly transform: Transform
}

/** The transformation of the changes that come to a task. */
export function tableTransformation(
  node: TableTransformNode,
  surroundings: ProcessorSurroundings,
): Transformation {
  const { context } = surroundings
  const view = new RecordView(context)
  let isAtWork = false
  let run: TransformFunction<unknown, unknown, unknown>
  return {
    start() {
      const given = processorContext(node, surroundings, () => isAtWork)
      try {
        run = node.make(given) as unknown as typeof run
      } catch (cause) {
        throw userError(node.name, cause)
      }
    },
    transform(value, record) {
      view.record = record
      isAtWork = true
      try {
        return run(value ?? null, view) ?? null
      } finally {
        isAtWork = false
      }
    },
  }
}

/**
 * A transformed table that is kept in no store, looked up: the row before it is transformed when somebody
 * asks, by a processor of its own, as in Kafka Streams. That one is called by no clock.
 */
export function transformedView(
  node: TableTransformNode,
  before: TableView,
  stores: ProcessStores,
  context: TaskContext,
): TableView {
  const record = new StreamRecord()
  const view = new RecordView({ place: undefined, headers: undefined })
  view.record = record
  const failed = (cause: unknown): never => {
    throw userError(node.name, cause)
  }
  const make = (): TransformFunction<unknown, unknown, unknown> => {
    const given = processorContext(node, { stores, failed, context }, () => false)
    const still = Object.defineProperty(given, 'schedule', { value: () => () => undefined })
    return node.make(still) as unknown as TransformFunction<unknown, unknown, unknown>
  }
  let run: TransformFunction<unknown, unknown, unknown> | undefined
  return {
    get(key, asOfMs) {
      const found = before.get(key, asOfMs)
      const timestampMs = found?.timestampMs ?? -1
      record.key = key
      record.timestampMs = timestampMs
      run ??= make()
      const value = run(found?.value ?? null, view) ?? null
      return value === null ? undefined : { value, timestampMs }
    },
  }
}
