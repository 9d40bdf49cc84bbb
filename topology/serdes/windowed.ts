// Windowed keys in the bytes of Kafka's TimeWindowedSerializer (the key, then its window's start) and of
// its SessionWindowedSerializer (the key, then end and start of its session).
import { SerdeError } from '../errors.ts'
import type { Windowed } from '../windows.ts'
import type { DurationMs } from '../duration.ts'
import type { LocalWindows } from '../local-windows.ts'
import { int32 } from './primitive.ts'
import type { ByteSink, Serde, Serializer } from './serde.ts'

const START_BYTES = 8
const SESSION_BYTES = 16
const STORE_KEY_BYTES = 12

/** A serde of windowed keys; it knows the serde of the key inside, by which records are partitioned. */
export interface WindowedSerde<K> extends Serde<Windowed<K>> {
  readonly inner: Serde<K>
  /** How many bytes of times follow the key. */
  readonly windowBytes: number
}

/**
 * The key's bytes and the window's start as a big-endian int64, as Kafka writes them. The end is not
 * on the wire: reading needs the window's size, or the windows of local time; without it windows read have
 * no end (Infinity).
 */
export function windowed<K>(inner: Serde<K>, size?: DurationMs | LocalWindows): WindowedSerde<K> {
  const endOf = endsOf(size)
  return Object.freeze({
    name: `windowed(${inner.name})`,
    inner,
    windowBytes: START_BYTES,
    serialize(value: Windowed<K>, sink: ByteSink): void {
      inner.serialize(value.key, sink)
      writeWindowStart(value.window.startMs, sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number): Windowed<K> {
      if (end - start < START_BYTES) throw new SerdeError('a windowed key has at least 8 bytes')
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const startMs = Number(view.getBigInt64(end - START_BYTES))
      const key = inner.deserialize(bytes, start, end - START_BYTES)
      return { key, window: { startMs, endMs: endOf(startMs) } }
    },
  })
}

/** A key as window stores of Kafka Streams have it. */
export interface WindowStoreKey<K> extends Windowed<K> {
  /** Tells entries of one key and start apart where a store keeps several, as those of joins do; else 0. */
  readonly sequence: number
}

/**
 * Keys of the window stores of Kafka Streams, as their changelogs have them: the key's bytes, the window's start as a
 * big-endian int64, and a sequence number as an int32 (`TimeWindowedSerde.forChangelog(true)`). Session stores have
 * the bytes of `sessionWindowed`. `size` is as for `windowed`.
 */
export function windowStoreKey<K>(
  inner: Serde<K>,
  size?: DurationMs | LocalWindows,
): Serde<WindowStoreKey<K>> & Pick<WindowedSerde<K>, 'inner' | 'windowBytes'> {
  const endOf = endsOf(size)
  return Object.freeze({
    name: `windowStoreKey(${inner.name})`,
    inner,
    windowBytes: STORE_KEY_BYTES,
    serialize({ key, window, sequence }: WindowStoreKey<K>, sink: ByteSink): void {
      inner.serialize(key, sink)
      writeWindowStart(window.startMs, sink)
      int32.serialize(sequence, sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number): WindowStoreKey<K> {
      if (end - start < STORE_KEY_BYTES) {
        throw new SerdeError('a key of a window store has at least 12 bytes')
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const keyEnd = end - STORE_KEY_BYTES
      const startMs = Number(view.getBigInt64(keyEnd))
      const key = inner.deserialize(bytes, start, keyEnd)
      const sequence = view.getInt32(keyEnd + START_BYTES)
      return { key, window: { startMs, endMs: endOf(startMs) }, sequence }
    },
  })
}

/** The ends of windows by their starts, which is all that is on the wire. */
const endsOf = (size: DurationMs | LocalWindows | undefined): ((startMs: number) => number) =>
  typeof size === 'object'
    ? (startMs) => size.windowAt(startMs).endMs
    : (startMs) => startMs + (size ?? Infinity)

/** The key's bytes, then end and start of its session as big-endian int64, as Kafka writes them. */
export function sessionWindowed<K>(inner: Serde<K>): WindowedSerde<K> {
  return Object.freeze({
    name: `sessionWindowed(${inner.name})`,
    inner,
    windowBytes: SESSION_BYTES,
    serialize({ key, window }: Windowed<K>, sink: ByteSink): void {
      inner.serialize(key, sink)
      writeWindowStart(window.endMs, sink)
      writeWindowStart(window.startMs, sink)
    },
    deserialize(bytes: Uint8Array, start: number, end: number): Windowed<K> {
      if (end - start < SESSION_BYTES) {
        throw new SerdeError('a key with its session has at least 16 bytes')
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const keyEnd = end - SESSION_BYTES
      const endMs = Number(view.getBigInt64(keyEnd))
      const startMs = Number(view.getBigInt64(keyEnd + START_BYTES))
      return { key: inner.deserialize(bytes, start, keyEnd), window: { startMs, endMs } }
    },
  })
}

/** How many bytes at the end of a key are its window's, by its serde: records are partitioned without them. */
export function windowBytesOf(serde: Serializer<never>): number {
  return 'windowBytes' in serde ? (serde.windowBytes as number) : 0
}

/** The serde of the key inside when a serde is `windowed(…)`, else undefined. */
export function innerSerdeOf(serde: Serializer<never>): Serializer<never> | undefined {
  return 'inner' in serde ? (serde.inner as Serializer<never>) : undefined
}

/** Writes the start of a window as Kafka does: int64, big endian. */
export function writeWindowStart(startMs: number, sink: ByteSink): void {
  sink.reserve(START_BYTES)
  const at = sink.position
  const high = Math.floor(startMs / 0x1_0000_0000)
  sink.view.setInt32(at, high)
  sink.view.setInt32(at + 4, startMs - high * 0x1_0000_0000)
  sink.position = at + START_BYTES
}
