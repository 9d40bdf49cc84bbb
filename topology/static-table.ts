// Static tables: a small file of codes that each worker holds whole, to join with.
import type { Serde } from './serdes/serde.ts'

/** A table read from a file when a worker starts (Kafka: a GlobalKTable without a topic). */
export interface StaticTable<K extends string | number, V> {
  readonly kind: 'static-table'
  readonly name: string
  /** A JSON file: an array of rows. */
  readonly file: URL
  readonly row: Serde<V>
  /** The key of a row. */
  readonly keyOf: (row: V) => K
}

/** Describes a static table; nothing is read before a worker starts. */
export function staticTable<K extends string | number, V>(
  name: string,
  source: { file: URL; row: Serde<V>; key: (row: V) => K },
): StaticTable<K, V> {
  return Object.freeze({
    kind: 'static-table',
    name,
    file: source.file,
    row: source.row,
    keyOf: source.key,
  })
}
