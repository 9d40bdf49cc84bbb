// Writes records that end here to topics of their own: dead letters with what is wrong with them, dropped
// records with the reason. As they came: the bytes of the topic that the task reads.
import { partitionFor } from '../broker/partitioner.ts'
import { packHeaders, type RecordHeader } from '../broker/record-headers.ts'
import type { TopologyNode } from '../topology/node.ts'
import type { DeadLetter, DropPolicy } from '../topology/policies.ts'
import { userError, type DropReason, type TaskContext, type TopicOutput } from './processor.ts'
import type { RowPlace } from './row-place.ts'
import { assertTakenWithoutKey, nearestTime, RecordTooLargeError } from './topic-takes.ts'

/** Writes the record in work with where it stood and what is wrong with it. @throws ProcessingError if it is too large. */
export function writeDeadLetter(
  policy: DeadLetter,
  place: RowPlace,
  error: Error,
  context: TaskContext,
): void {
  const { name, message, stack } = error
  const told = [
    { key: '__streams.errors.exception', value: textOf(name) },
    { key: '__streams.errors.message', value: textOf(message) },
  ]
  const trace = { key: '__streams.errors.stacktrace', value: textOf(stack ?? '') }
  const headers = [...told, trace, ...placeHeaders(place)]
  const { recordBytesMax } = context.output(policy.topic)
  // The record was fit for its topic: what is said of it must not make it too large.
  const isFit = bytesOf(place, headers) <= recordBytesMax
  write(policy, place, isFit ? headers : [...told, ...placeHeaders(place)], context)
}

/** Writes what operators drop, each record once for an operator and a reason. */
export class DropLetters {
  readonly #policies: ReadonlyMap<string, DeadLetter>
  readonly #context: TaskContext
  /** What was written of the record in work; windows and mapped records drop it several times. */
  readonly #written = new Set<string>()
  #topic = ''
  #offset = -1
  #row = -1

  /** @param others what holds for nodes that say nothing. */
  constructor(nodes: readonly TopologyNode[], others: DropPolicy, context: TaskContext) {
    this.#context = context
    this.#policies = new Map(
      nodes.flatMap(({ name, onDrop = others }) =>
        onDrop === 'count' ? [] : [[name, onDrop] as const],
      ),
    )
  }

  /** Writes the record in work; what goes out without one, at a commit or by the clock, is only counted. */
  write(node: string, reason: DropReason): void {
    const { place } = this.#context
    const policy = this.#policies.get(node)
    if (policy === undefined || place === undefined) return
    const { topic, offset, row } = place
    if (topic !== this.#topic || offset !== this.#offset || row !== this.#row) {
      this.#written.clear()
      this.#topic = topic
      this.#offset = offset
      this.#row = row
    }
    const name = `${node} ${reason}`
    if (this.#written.has(name)) return
    this.#written.add(name)
    const headers = [
      { key: '__streams.drop.reason', value: textOf(reason) },
      { key: '__streams.drop.node', value: textOf(node) },
      ...placeHeaders(place),
    ]
    write(policy, place, headers, this.#context)
  }
}

function write(
  { topic }: DeadLetter,
  place: RowPlace,
  headers: readonly RecordHeader[],
  context: TaskContext,
): void {
  const { key, value, timestampMs } = place
  const output = context.output(topic)
  const partition =
    key === null ? place.partition % output.partitions : partitionFor(key, output.partitions)
  const bytes = bytesOf(place, headers)
  const { recordBytesMax } = output
  if (bytes > recordBytesMax) {
    // No policy of a node decides on its own letters.
    const tooLarge = new RecordTooLargeError(topic, bytes, recordBytesMax)
    throw userError(letterOf(place), tooLarge)
  }
  if (key === null) assertLetterWithoutKey(topic, place, output)
  // What is wrong with the record may be its time: the letter arrives nevertheless, with the nearest that is taken.
  const takenMs = nearestTime(timestampMs, context.nowMs, output)
  output.rowsOf(partition).append(key, value, takenMs, [...place.headers, ...headers])
}

function assertLetterWithoutKey(topic: string, place: RowPlace, output: TopicOutput): void {
  try {
    assertTakenWithoutKey(topic, output)
  } catch (cause) {
    throw userError(letterOf(place), cause)
  }
}

const letterOf = ({ topic, partition }: RowPlace): string =>
  `a dead letter of ${topic}/${partition}`

/** Bytes of a letter: key, value and headers. */
const bytesOf = ({ key, value, headers }: RowPlace, more: readonly RecordHeader[]): number =>
  (key?.length ?? 0) + (value?.length ?? 0) + packHeaders([...headers, ...more]).length

function placeHeaders({ topic, partition, offset }: RowPlace): RecordHeader[] {
  return [
    { key: '__streams.errors.topic', value: textOf(topic) },
    { key: '__streams.errors.partition', value: textOf(String(partition)) },
    { key: '__streams.errors.offset', value: textOf(String(offset)) },
  ]
}

/** Header values reach Kafka as text: what is not printable ASCII becomes an escape. */
function textOf(value: string): Uint8Array {
  const ascii = value.replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return new TextEncoder().encode(ascii)
}
