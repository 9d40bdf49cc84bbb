// A task for tests: the processors of one sub-topology, with rows put in and outputs read by hand.
import { setBaseOffset, unpack } from '../../broker/packed-batch.ts'
import { headersOf, keyOf, valueOf, type RecordBatch } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import type { RecordHeader } from '../../broker/record-headers.ts'
import { buildTask, type TaskProcessors } from '../../processors/build.ts'
import type { RepartitionFormat } from '../../processors/cut-rows.ts'
import { FrameInput } from '../../processors/frame-input.ts'
import { EventTimeLimits, OperatorTime } from '../../processors/operator-time.ts'
import type {
  CacheCounts,
  DropReason,
  TaskContext,
  TaskStore,
  TopicOutput,
} from '../../processors/processor.ts'
import { GlobalTables } from '../../processors/global-tables.ts'
import { Punctuations } from '../../processors/punctuations.ts'
import { SourceInput } from '../../processors/source-input.ts'
import type { PunctuationType, Punctuator } from '../../topology/process.ts'
import { fromBytes, type Serde } from '../../topology/serdes/serde.ts'
import { subtopologyOf } from '../../topology/subtopology.ts'
import type { Topology } from '../../topology/topology.ts'

/** A record to be put in. Text is written as UTF-8. */
export interface InputRow {
  readonly key?: string | Uint8Array | null
  readonly value?: string | Uint8Array | null
  readonly timestampMs?: number
  readonly headers?: readonly RecordHeader[]
}

/** A record that a task put out. */
export interface OutputRow {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly partition: number
  readonly headers: Readonly<Record<string, string>>
}

const bytesOf = (text: string | Uint8Array | null): Uint8Array | null =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text

const asHeaders = (headers: OutputRow['headers']): RecordHeader[] =>
  Object.entries(headers).map(([key, value]) => ({ key, value: bytesOf(value) }))

/** Rows as a broker would give them, the first at `baseOffset`. */
export function batchOf(rows: readonly InputRow[], baseOffset = 0): RecordBatch {
  const builder = new RecordBatchBuilder()
  for (const { key = null, value = null, timestampMs = 0, headers } of rows) {
    builder.append(bytesOf(key), bytesOf(value), timestampMs, headers)
  }
  const packed = builder.pack()
  setBaseOffset(packed, baseOffset)
  return unpack(packed)
}

export interface TestTaskOptions {
  readonly subtopology?: number
  readonly partition?: number
  /** By topic; others have one partition. */
  readonly partitions?: Readonly<Record<string, number>>
  /** Tasks that write the repartition topic that this one reads. */
  readonly writers?: number
  readonly repartitionFormat?: RepartitionFormat | undefined
  /** Bytes that its topics take as one record. */
  readonly recordBytesMax?: number
  /** What else they take. */
  readonly limits?: Partial<Omit<TopicOutput, 'partitions' | 'rowsOf'>>
}

/** One task, without a runtime around it. Its application id is `app`. */
export class TestTask implements TaskContext {
  readonly partition: number
  streamTimeMs = -1
  nowMs = 0
  oldestMs = Infinity
  punctuatesAtMs = Infinity
  place: TaskContext['place'] = undefined
  headers: TaskContext['headers'] = undefined
  readonly eventTime = new EventTimeLimits()
  readonly #times = new Map<string, OperatorTime>()
  readonly #punctuations = new Punctuations()
  readonly drops: [node: string, reason: DropReason][] = []
  readonly unmatchedKeys: [node: string, key: string | number][] = []
  readonly stores: TaskStore[] = []
  readonly caches = new Map<string, CacheCounts>()
  readonly processors: TaskProcessors
  readonly #emitters: (() => void)[] = []
  readonly #outputs = new Map<string, RecordBatchBuilder[]>()
  readonly #partitions: Readonly<Record<string, number>>
  readonly #limits: Omit<TopicOutput, 'partitions' | 'rowsOf'>
  #nextOffset = 0

  constructor(topology: Topology, options: TestTaskOptions = {}) {
    this.partition = options.partition ?? 0
    this.#partitions = options.partitions ?? {}
    this.#limits = {
      ...{ recordBytesMax: options.recordBytesMax ?? Infinity, needsKeys: false },
      ...{ behindMsMax: Infinity, aheadMsMax: Infinity, ...options.limits },
    }
    this.processors = buildTask(subtopologyOf(topology, options.subtopology ?? 0), this, {
      topology,
      applicationId: 'app',
      globals: new GlobalTables([], () => undefined),
      writersOf: () => options.writers ?? 1,
      resolve: (topic) => topic,
      repartitionFormat: options.repartitionFormat,
    })
  }

  /** The only input, where it is a source. */
  get source(): SourceInput {
    const [head] = this.processors.heads.values()
    if (head instanceof SourceInput) return head
    throw new Error('the task reads no source')
  }

  /** The only input, where it is a repartition topic. */
  get frames(): FrameInput {
    const [head] = this.processors.heads.values()
    if (head instanceof FrameInput) return head
    throw new Error('the task reads no repartition topic')
  }

  cacheOf(store: string): CacheCounts {
    const counts = this.caches.get(store) ?? { requests: 0, hits: 0, heldBytes: 0 }
    this.caches.set(store, counts)
    return counts
  }

  behind(): void {
    // Nobody asks here.
  }

  timeOf(node: string): OperatorTime {
    const time = this.#times.get(node) ?? new OperatorTime(this.eventTime)
    this.#times.set(node, time)
    return time
  }

  schedule(_type: PunctuationType, everyMs: number, punctuator: Punctuator): () => void {
    const cancel = this.#punctuations.schedule(0, everyMs, punctuator)
    this.punctuatesAtMs = this.#punctuations.nextDueMs
    return cancel
  }

  punctuate(): void {
    this.#punctuations.punctuate(this.streamTimeMs)
    this.punctuatesAtMs = this.#punctuations.nextDueMs
  }

  /** Runs rows of the source's topic. */
  pipe(...rows: InputRow[]): void {
    const { source } = this
    source.begin(batchOf(rows, this.#nextOffset), Infinity)
    this.#nextOffset += rows.length
    source.run(Infinity)
  }

  /** Runs what another task wrote to the repartition topic for this task's partition. */
  pipeFrames(rows: readonly OutputRow[]): number {
    const own = rows
      .filter(({ partition }) => partition === this.partition)
      .map((row) => ({ ...row, headers: asHeaders(row.headers) }))
    const batch = batchOf(own, this.#nextOffset)
    this.#nextOffset += own.length
    this.frames.begin(batch)
    return this.frames.run(Infinity)
  }

  /** Hands over what is grouped, with the event time that the task vouches for. */
  flush(timeMs = this.streamTimeMs, toAll = true): void {
    for (const writer of this.processors.writers) writer.flush(timeMs, timeMs, toAll)
  }

  emit(): void {
    for (const emit of this.#emitters) emit()
  }

  /** What was put out since the last call, partition by partition. */
  read(topic: string): OutputRow[] {
    return (this.#outputs.get(topic) ?? []).flatMap((builder, partition) => {
      const batch = unpack(builder.pack())
      return Array.from({ length: batch.count }, (_, row) => ({
        key: keyOf(batch, row),
        value: valueOf(batch, row),
        timestampMs: batch.timestamps[row]!,
        partition,
        headers: Object.fromEntries(
          headersOf(batch, row).map(({ key, value }) => [key, Buffer.from(value ?? []).toString()]),
        ),
      }))
    })
  }

  /** What was put out since the last call, as the serdes read it. */
  readAs<K, V>(topic: string, key: Serde<K>, value: Serde<V>): ReadRow<K, V>[] {
    return this.read(topic).map((row) => ({
      key: row.key === null ? null : fromBytes(key, row.key),
      value: row.value === null ? null : fromBytes(value, row.value),
      timestampMs: row.timestampMs,
    }))
  }

  drop(node: string, reason: DropReason): void {
    this.drops.push([node, reason])
  }

  output(topic: string) {
    let builders = this.#outputs.get(topic)
    if (builders === undefined) {
      const partitions = this.#partitions[topic] ?? 1
      builders = Array.from({ length: partitions }, () => new RecordBatchBuilder())
      this.#outputs.set(topic, builders)
    }
    const known = builders
    return {
      partitions: known.length,
      ...this.#limits,
      rowsOf: (partition: number) => known[partition]!,
    }
  }

  addStore(store: TaskStore): void {
    this.stores.push(store)
  }

  onEmit(emit: () => void): void {
    this.#emitters.push(emit)
  }

  unmatched(node: string, key: string | number): void {
    this.unmatchedKeys.push([node, key])
  }
}

/** An output as serdes read it. */
export interface ReadRow<K, V> {
  readonly key: K | null
  readonly value: V | null
  readonly timestampMs: number
}

/** The message of what a function throws; throws itself when nothing is thrown. */
export function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}
