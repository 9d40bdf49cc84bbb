// What the two sides of a foreign-key join tell each other, as it travels through their topics and is kept
// (Kafka's SubscriptionWrapper, SubscriptionResponseWrapper and CombinedKeySchema).
import { ByteBuffer, type ByteSink, type Serde } from '../topology/serdes/serde.ts'
import { HASH_BYTES } from './value-hash.ts'

/**
 * What becomes of a subscription, and of its answer, by Kafka's names: DELETE_KEY_NO_PROPAGATE,
 * DELETE_KEY_AND_PROPAGATE, PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE, PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE.
 */
export const instructions = ['delete', 'delete-and-answer', 'answer', 'answer-if-found'] as const
export type Instruction = (typeof instructions)[number]

/** Who asks for an answer. */
export interface Subscriber {
  /** Of the row's value, null where the row was deleted; the answer repeats it. */
  readonly hash: Uint8Array | null
  /** Partition of the task that has the row. */
  readonly partition: number
}

/** A row that points to a foreign key, or does so no more. */
export interface Subscription extends Subscriber {
  readonly instruction: Instruction
  /** The row's key. */
  readonly key: unknown
}

/** The row of the other table, null for none, for a row whose value has this hash. */
export interface Answer {
  readonly hash: Uint8Array | null
  readonly value: unknown
}

const HAS_HASH = 0x80
const HAS_VALUE = 0x40
const KIND = 0x0f
const HEADER_BYTES = 5

/** The serde of subscriptions of rows whose keys `key` writes. */
export function subscriptionSerde(key: Serde<unknown>): Serde<unknown> {
  return {
    name: `subscription(${key.name})`,
    serialize(given: unknown, sink: ByteSink): void {
      const { instruction, hash, partition, key: of } = given as Subscription
      writeSubscriber(instructions.indexOf(instruction), hash, partition, sink)
      key.serialize(of, sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number): Subscription {
      const { kind, hash, partition, next } = readSubscriber(bytes, start)
      return {
        instruction: instructions[kind]!,
        hash,
        partition,
        key: key.deserialize(bytes, next, end),
      }
    },
  }
}

/** The serde of subscribers as they are kept. */
export const subscriberSerde: Serde<Subscriber> = {
  name: 'subscriber',
  serialize: ({ hash, partition }, sink) => writeSubscriber(0, hash, partition, sink),
  deserialize(bytes, start) {
    const { hash, partition } = readSubscriber(bytes, start)
    return { hash, partition }
  },
}

/** The serde of answers with values that `value` writes. */
export function answerSerde(value: Serde<unknown>): Serde<unknown> {
  return {
    name: `answer(${value.name})`,
    serialize(given: unknown, sink: ByteSink): void {
      const { hash, value: of } = given as Answer
      sink.reserve(1)
      sink.view.setUint8(
        sink.position++,
        (hash === null ? 0 : HAS_HASH) | (of === null ? 0 : HAS_VALUE),
      )
      writeHash(hash, sink)
      if (of !== null) value.serialize(of, sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number): Answer {
      const flags = bytes[start]!
      const hash = flags & HAS_HASH ? bytes.slice(start + 1, start + 1 + HASH_BYTES) : null
      const valueStart = start + 1 + (hash?.length ?? 0)
      return { hash, value: flags & HAS_VALUE ? value.deserialize(bytes, valueStart, end) : null }
    },
  }
}

/** Keys of subscriptions: the foreign key's bytes, which the subscriptions of one begin with, and the row's. */
export class SubscriptionKeys {
  readonly #foreign: Serde<unknown>
  readonly #key: Serde<unknown>
  readonly #buffer = new ByteBuffer()

  constructor(foreign: Serde<unknown>, key: Serde<unknown>) {
    this.#foreign = foreign
    this.#key = key
  }

  /** What the subscriptions of a foreign key begin with. */
  prefixOf(foreignKey: unknown): Uint8Array {
    this.#writePrefix(foreignKey)
    return this.#buffer.take()
  }

  /** A row's subscription of a foreign key. */
  of(foreignKey: unknown, key: unknown): Uint8Array {
    this.#writePrefix(foreignKey)
    this.#key.serialize(key, this.#buffer)
    return this.#buffer.take()
  }

  /** The row's key in that of a subscription which begins with so many bytes. */
  keyIn(bytes: Uint8Array, prefixBytes: number): unknown {
    return this.#key.deserialize(bytes, prefixBytes, bytes.length)
  }

  #writePrefix(foreignKey: unknown): void {
    const buffer = this.#buffer
    buffer.reserve(4)
    buffer.position = 4
    this.#foreign.serialize(foreignKey, buffer)
    // The length keeps apart a foreign key from one that begins with it.
    buffer.view.setUint32(0, buffer.position - 4)
  }
}

function writeSubscriber(
  kind: number,
  hash: Uint8Array | null,
  partition: number,
  sink: ByteSink,
): void {
  sink.reserve(HEADER_BYTES)
  sink.view.setUint8(sink.position, kind | (hash === null ? 0 : HAS_HASH))
  sink.view.setUint32(sink.position + 1, partition)
  sink.position += HEADER_BYTES
  writeHash(hash, sink)
}

function writeHash(hash: Uint8Array | null, sink: ByteSink): void {
  if (hash === null) return
  sink.reserve(HASH_BYTES)
  sink.bytes.set(hash, sink.position)
  sink.position += HASH_BYTES
}

function readSubscriber(
  bytes: Uint8Array,
  start: number,
): Subscriber & { readonly kind: number; readonly next: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint8(start)
  const partition = view.getUint32(start + 1)
  const hashStart = start + HEADER_BYTES
  const next = flags & HAS_HASH ? hashStart + HASH_BYTES : hashStart
  const hash = flags & HAS_HASH ? bytes.slice(hashStart, next) : null
  return { kind: flags & KIND, hash, partition, next }
}
