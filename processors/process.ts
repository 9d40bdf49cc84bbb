// Runs processors of the user's own (Kafka's KStreamProcess and its fixed-key twin): stores, punctuators and
// forwarding, by the Processor API of topology/process.ts.
import { TopologyError } from '../topology/errors.ts'
import type {
  FixedKeyProcessorContext,
  ForwardedRecord,
  ForwardedValueOptions,
  ProcessNode,
  ProcessorContext,
} from '../topology/process.ts'
import type { RecordHeader } from '../topology/record.ts'
import { NO_HEADERS, RecordView } from './headers.ts'
import { processorContext, type ProcessorSurroundings } from './processor-context.ts'
import { StreamRecord, userError, type Forward } from './processor.ts'
import { forwardWithKey } from './stateless.ts'

type Run = (value: unknown, record: RecordView) => void

/** What makes the processors when all are there, by node: in the order of definition, as Kafka's init. */
export type Starts = Map<string, () => void>

/** What a processor is given to be made. */
export interface ProcessorParts extends ProcessorSurroundings {
  readonly next: Forward
  /** What one of the nodes behind the processor does with records; undefined where it has none of that name. */
  readonly nextOf: (child: string) => Forward | undefined
  readonly starts: Starts
}

/** The processor is made when `starts` are called. */
export function userProcessor(node: ProcessNode, parts: ProcessorParts): Forward {
  const { failed, context, starts } = parts
  const sender = new Sender(node, parts)
  const base = processorContext(node, parts, () => sender.current !== undefined)
  // Getters must stay getters.
  const given = Object.defineProperty(base, 'forward', {
    value: node.isFixedKey ? sender.forwardValue : sender.forward,
  }) as ProcessorContext<unknown, unknown> & FixedKeyProcessorContext<unknown>
  let run: Run
  starts.set(node.name, () => {
    try {
      run = node.make(given as never) as unknown as Run
    } catch (cause) {
      throw userError(node.name, cause)
    }
  })
  const view = new RecordView(context)
  return (record) => {
    const before = sender.current
    sender.current = record
    view.record = record
    try {
      run(record.value, view)
    } catch (cause) {
      failed(cause)
    } finally {
      sender.current = before
    }
  }
}

/** Sends on what a processor forwards. */
class Sender {
  /** The record in work, none within a punctuator. */
  current: StreamRecord | undefined
  /** What a punctuator sends. */
  readonly #own = new StreamRecord()
  readonly #node: ProcessNode
  readonly #parts: ProcessorParts

  constructor(node: ProcessNode, parts: ProcessorParts) {
    this.#node = node
    this.#parts = parts
  }

  readonly forward = (
    { key, value, timestampMs, headers }: ForwardedRecord<unknown, unknown>,
    child?: string,
  ): void => {
    const next = this.#nextOf(child)
    const { current } = this
    const record = current ?? this.#own
    if (current === undefined) record.timestampMs = this.#parts.context.streamTimeMs
    const own = headers ?? (current === undefined ? NO_HEADERS : undefined)
    this.#send(record, key, value, timestampMs, own, next)
  }

  readonly forwardValue = (
    value: unknown,
    own?: number | ForwardedValueOptions,
    child?: string,
  ): void => {
    const { current } = this
    if (current === undefined) {
      throw new TopologyError(
        this.#node.name,
        'no record is in work: a punctuator needs process() to forward',
      )
    }
    const { timestampMs, headers } = typeof own === 'object' ? own : { timestampMs: own }
    this.#send(current, undefined, value, timestampMs, headers, this.#nextOf(child))
  }

  #nextOf(child: string | undefined): Forward {
    const { next, nextOf } = this.#parts
    if (child === undefined) return next
    const one = nextOf(child)
    if (one !== undefined) return one
    const why = `forwards to ${child}, which does not read it; name one of the nodes right behind it`
    throw new TopologyError(this.#node.name, why)
  }

  #send(
    record: StreamRecord,
    key: unknown,
    value: unknown,
    timestampMs: number | undefined,
    headers: readonly RecordHeader[] | undefined,
    next: Forward,
  ): void {
    const { value: valueBefore, timestampMs: timeBefore } = record
    record.value = value
    record.timestampMs = timestampMs ?? timeBefore
    const { context } = this.#parts
    const headersBefore = context.headers
    if (headers !== undefined) context.headers = headers
    if (this.#node.isFixedKey) next(record)
    else forwardWithKey(record, key, next)
    context.headers = headersBefore
    record.value = valueBefore
    record.timestampMs = timeBefore
  }
}
