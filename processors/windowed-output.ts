// Where the results of windowed aggregates go: straight on, or through a coalescer where a job asks for it.
import type { EmitStrategy } from '../topology/node.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import { StreamRecord, type Forward, type TaskContext } from './processor.ts'
import type { WindowedForward } from './window-aggregation.ts'
import { WindowCoalescer } from './window-coalescer.ts'

/** The node that aggregates. */
interface WindowedResults {
  readonly name: string
  readonly emit: EmitStrategy
  readonly key: Serde<never>
}

/** `makeNext` is called when the aggregate has its place among those that emit. */
export function windowedOutput(
  { name: store, emit, key: keySerde }: WindowedResults,
  makeNext: () => Forward,
  context: TaskContext,
): WindowedForward {
  if (emit === 'on-update-coalesced') {
    const held = new WindowCoalescer(store, keySerde, makeNext, context)
    return (key, startMs, endMs, value, oldValue, timestampMs) =>
      held.hold(key, startMs, endMs, value, oldValue, timestampMs)
  }
  const next = makeNext()
  const result = new StreamRecord()
  return (key, startMs, endMs, value, oldValue, timestampMs) => {
    result.key = { key, window: { startMs, endMs } }
    result.value = value
    result.oldValue = oldValue
    result.timestampMs = timestampMs
    next(result)
  }
}
