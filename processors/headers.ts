// The headers of what is in work: those of the row as it was read, or those that a processor gave the record.
// Sinks and repartition writers copy them, user code of processors sees them.
import { packHeaders } from '../broker/record-headers.ts'
import type { RecordHeader, RecordMetadata, SinkRecord } from '../topology/record.ts'
import type { ByteSink } from '../topology/serdes/serde.ts'
import { StreamRecord, type Forward, type TaskContext } from './processor.ts'

/** For what goes out by itself and not because of the row in work. */
export const NO_HEADERS: readonly RecordHeader[] = Object.freeze([])

type InWork = Pick<TaskContext, 'place' | 'headers'>

/** Writes the headers of the record in work, packed, where its row is being written. */
export function writeHeaders(to: ByteSink, { headers, place }: InWork): void {
  if (headers === undefined) {
    if (place !== undefined) place.copyHeaders(to)
    return
  }
  if (headers.length === 0) return
  const packed = packHeaders(headers)
  to.reserve(packed.length)
  to.bytes.set(packed, to.position)
  to.position += packed.length
}

/** Passes a record on that has headers of its own. */
export function withHeaders(
  context: TaskContext,
  headers: readonly RecordHeader[],
  record: StreamRecord,
  next: Forward,
): void {
  const before = context.headers
  context.headers = headers
  next(record)
  context.headers = before
}

/** Where the row in work was read. */
export function metadataOf({ place }: InWork): RecordMetadata | undefined {
  if (place === undefined) return undefined
  return { topic: place.topic, partition: place.partition, offset: place.offset }
}

/** What user code sees of the record in work beside its value: one object for all records of a node. */
export class RecordView implements SinkRecord<unknown> {
  record = new StreamRecord()
  readonly #context: InWork

  constructor(context: InWork) {
    this.#context = context
  }

  get key(): unknown {
    return this.record.key
  }

  get timestampMs(): number {
    return this.record.timestampMs
  }

  get headers(): readonly RecordHeader[] {
    return this.#context.headers ?? this.#context.place?.headers ?? NO_HEADERS
  }

  get recordMetadata(): RecordMetadata | undefined {
    return metadataOf(this.#context)
  }
}
