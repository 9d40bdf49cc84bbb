// The serdes of Kafka's `Serdes`: the same bytes as StringSerializer, IntegerSerializer and so on.
import { SerdeError } from '../errors.ts'
import type { ByteSink, Serde } from './serde.ts'
import { readUtf8, writeUtf8 } from './text.ts'

/** Text as UTF-8 (Kafka's `Serdes.String`). */
export const utf8: Serde<string> = Object.freeze({
  name: 'utf8',
  serialize(value: string, sink: ByteSink): void {
    if (typeof value !== 'string') throw new SerdeError(`${typeof value} is no utf8`)
    writeUtf8(value, sink)
  },
  deserialize(bytes: Uint8Array, start: number, end: number): string {
    try {
      return readUtf8(bytes, start, end)
    } catch {
      throw new SerdeError('the bytes are not valid UTF-8')
    }
  },
})

/** Bytes as they are (Kafka's `Serdes.ByteArray`); reading copies them. */
export const bytes: Serde<Uint8Array> = Object.freeze({
  name: 'bytes',
  serialize(value: Uint8Array, sink: ByteSink): void {
    if (!(value instanceof Uint8Array)) throw new SerdeError(`${typeof value} is no bytes`)
    sink.reserve(value.length)
    sink.bytes.set(value, sink.position)
    sink.position += value.length
  },
  deserialize: (from: Uint8Array, start: number, end: number) => from.slice(start, end),
})

interface NumberFormat<T> {
  readonly name: string
  readonly width: number
  readonly accepts: (value: T) => boolean
  readonly put: (view: DataView, value: T) => void
  readonly get: (view: DataView) => T
}

function numeric<T>({ name, width, accepts, put, get }: NumberFormat<T>): Serde<T> {
  const view = new DataView(new ArrayBuffer(width))
  const scratch = new Uint8Array(view.buffer)
  return Object.freeze({
    name,
    serialize(value: T, sink: ByteSink): void {
      if (!accepts(value)) throw new SerdeError(`${String(value)} is no ${name}`)
      put(view, value)
      sink.reserve(width)
      sink.bytes.set(scratch, sink.position)
      sink.position += width
    },
    deserialize(from: Uint8Array, start: number, end: number): T {
      if (end - start !== width) {
        throw new SerdeError(`${name} has ${width} bytes, not ${end - start}`)
      }
      // By hand: a view of so few bytes would cost more than they do.
      for (let i = 0; i < width; i++) scratch[i] = from[start + i]!
      return get(view)
    },
  })
}

/** A 32-bit whole number, big endian (Kafka's `Serdes.Integer`). */
export const int32: Serde<number> = numeric({
  name: 'int32',
  width: 4,
  accepts: (value) => (value | 0) === value,
  put: (view, value) => view.setInt32(0, value),
  get: (view) => view.getInt32(0),
})

/** A 64-bit whole number, big endian (Kafka's `Serdes.Long`). */
export const int64: Serde<bigint> = numeric({
  name: 'int64',
  width: 8,
  accepts: (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  put: (view, value) => view.setBigInt64(0, value),
  get: (view) => view.getBigInt64(0),
})

/** A double, big endian (Kafka's `Serdes.Double`). */
export const float64: Serde<number> = numeric({
  name: 'float64',
  width: 8,
  accepts: (value) => typeof value === 'number',
  put: (view, value) => view.setFloat64(0, value),
  get: (view) => view.getFloat64(0),
})

const CANONICAL: ReadonlySet<unknown> = new Set<unknown>([utf8, bytes, int32, int64])

/** Whether a serde writes each value that it has read as the bytes that it read: who needs these need not read it. */
export const isCanonical = (serde: unknown): boolean => CANONICAL.has(serde)
