// Records on their way to the topic of a table, and the commit that makes them visible together with the
// place up to which they were read.
import { partitionFor } from '../../broker/partitioner.ts'
import type { TransactionalProducer } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { ByteBuffer } from '../../topology/serdes/serde.ts'
import type { CopiedRows } from './copied-rows.ts'
import { placeKey, type Place, type Places } from './place.ts'
import type { RowWriter } from './row-writer.ts'

/** A topic to write to. */
export interface OutputTopic {
  readonly topic: string
  readonly partitions: number
}

/** Where places are kept, under which name. */
export interface PlaceTopic {
  readonly topic: string
  readonly source: string
}

/** A partition's rows go to the producer when they are this many bytes. */
const SEND_BYTES = 262_144
const encoder = new TextEncoder()

/** Writes the rows of a source in transactions. */
export class Output {
  readonly #producer: TransactionalProducer
  readonly #places: PlaceTopic
  readonly #builders = new Map<OutputTopic, readonly RecordBatchBuilder[]>()
  readonly #place = new RecordBatchBuilder()
  readonly #nowMs: () => number
  readonly #key = new ByteBuffer()
  #turn = 0
  /** Rows, and bytes of them, since the last commit. */
  #rows = 0
  #bytes = 0

  constructor(producer: TransactionalProducer, places: PlaceTopic, nowMs: () => number) {
    this.#producer = producer
    this.#places = places
    this.#nowMs = nowMs
  }

  /** Rows that are not committed yet. */
  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes a row as a record. @returns what to wait for before the next one, undefined for nothing. */
  add(to: OutputTopic, row: CopiedRows, write: RowWriter): Promise<void> | undefined {
    const key = write.hasKey ? this.#keyOf(row, write) : null
    // Without a key all rows until the next commit go to one partition, as those of a batch do in Kafka.
    const partition = key === null ? this.#turn % to.partitions : partitionFor(key, to.partitions)
    const rows = this.#buildersOf(to)[partition]!
    const before = rows.position
    if (key !== null) {
      rows.reserve(key.length)
      rows.bytes.set(key, rows.position)
      rows.position += key.length
    }
    rows.endKey(key === null)
    const hasValue = write.value(row, rows)
    rows.endValue(!hasValue)
    rows.endRecord(this.#nowMs())
    this.#rows += 1
    this.#bytes += rows.position - before
    if (rows.position < SEND_BYTES) return undefined
    return this.#producer.send({ topic: to.topic, partition }, rows)
  }

  /** Makes what was added, and the places of all tables, visible and durable. @throws BrokerError */
  async commit(places: Places): Promise<number> {
    for (const [{ topic }, builders] of this.#builders) {
      for (const [partition, rows] of builders.entries()) {
        if (rows.count > 0) await this.#producer.send({ topic, partition }, rows)
      }
    }
    for (const [table, place] of places) this.#addPlace(table, place)
    await this.#producer.send({ topic: this.#places.topic, partition: 0 }, this.#place)
    await this.#producer.commit()
    const rows = this.#rows
    this.#forget()
    this.#turn += 1
    return rows
  }

  /** Undoes what was added since the last commit. @throws BrokerError */
  async abort(): Promise<void> {
    for (const builders of this.#builders.values()) for (const rows of builders) rows.clear()
    this.#place.clear()
    this.#forget()
    await this.#producer.abort()
  }

  #forget(): void {
    this.#rows = 0
    this.#bytes = 0
  }

  #addPlace(table: string, place: Place): void {
    const key = encoder.encode(placeKey(this.#places.source, table))
    this.#place.append(key, encoder.encode(JSON.stringify(place)), this.#nowMs())
  }

  #buildersOf(to: OutputTopic): readonly RecordBatchBuilder[] {
    const known = this.#builders.get(to)
    if (known !== undefined) return known
    const builders = Array.from({ length: to.partitions }, () => new RecordBatchBuilder())
    this.#builders.set(to, builders)
    return builders
  }

  #keyOf(row: CopiedRows, write: RowWriter): Uint8Array {
    const key = this.#key
    key.clear()
    write.key(row, key)
    return key.bytes.subarray(0, key.position)
  }
}
