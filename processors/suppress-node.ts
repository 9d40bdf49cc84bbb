// The suppress operator as a node of a task: its buffer, its clock, and what a window's close is.
import { unpackHeaders } from '../broker/record-headers.ts'
import { SuppressBuffer } from '../state/stores/suppress-buffer.ts'
import { ByteBuffer } from '../topology/serdes/serde.ts'
import type { SuppressNode } from '../topology/table-nodes.ts'
import type { Windowed } from '../topology/windows.ts'
import { NO_HEADERS, withHeaders, writeHeaders } from './headers.ts'
import { StreamRecord, type Forward, type TaskContext } from './processor.ts'
import { Suppress, type Holding } from './suppress.ts'

/** The buffer of a suppressed table, among the stores of the task. */
export type HeldChanges = SuppressBuffer<unknown, unknown>

/** @param topic that the task reads; its name counts for the size of what is held. */
export function openSuppressBuffer(
  { name, key, value }: SuppressNode,
  topic: string,
  context: TaskContext,
): HeldChanges {
  const buffer: HeldChanges = new SuppressBuffer({ name, key, value, topicLength: topic.length })
  context.addStore(buffer)
  return buffer
}

/**
 * `closesAfterMs` is how long after their end the windows before it close. `makeNext` is called when the
 * operator has its place among those that emit.
 */
export function suppress(
  node: SuppressNode,
  buffer: HeldChanges,
  closesAfterMs: number,
  makeNext: () => Forward,
  context: TaskContext,
): Forward {
  const time = context.timeOf(node.name)
  const result = new StreamRecord()
  context.onEmit(() => operator.release(time.catchUp()))
  const next = makeNext()
  const operator = new Suppress(
    node.name,
    buffer,
    holdingOf(node, closesAfterMs),
    time,
    (change) => {
      result.key = change.key
      result.value = change.value
      result.oldValue = change.oldValue
      result.timestampMs = change.timestampMs
      const { headers } = change
      withHeaders(
        context,
        headers === undefined ? NO_HEADERS : unpackHeaders(headers),
        result,
        next,
      )
    },
  )
  const packed = new ByteBuffer()
  return ({ key, value, oldValue, timestampMs }) => {
    packed.position = 0
    writeHeaders(packed, context)
    const change = { key, value: value ?? null, oldValue: oldValue ?? null, timestampMs }
    const { position } = packed
    if (position === 0) operator.process(change)
    else operator.process({ headers: packed.bytes.subarray(0, position), ...change })
  }
}

function holdingOf({ suppression }: SuppressNode, closesAfterMs: number): Holding {
  const { until, limitMs, ...limits } = suppression
  if (until === 'time-limit') {
    const timeOf: Holding['timeOf'] = ({ timestampMs }) => timestampMs
    return { ...limits, timeOf, holdMs: limitMs, isFinal: false }
  }
  const timeOf: Holding['timeOf'] = ({ key }) => (key as Windowed<unknown>).window.endMs
  return { ...limits, timeOf, holdMs: closesAfterMs, isFinal: true }
}
