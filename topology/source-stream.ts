// The fluent skin of sources: a stream whose bytes are still to be read.
import type { Mapper, TopologyNode } from './node.ts'
import type { Serde } from './serdes/serde.ts'
import { Stream } from './stream.ts'
import type { ParseSpec } from './stream-specs.ts'

/** A source's records as they came; `parse` turns bytes into values. */
export class SourceStream<K, V> extends Stream<K, V> {
  /** Reads the bytes of each record as a value, and its event time. */
  parse<W>(name: string, spec: ParseSpec<K, W>): Stream<K, W> {
    const { decode, timestamp, malformed, invalidTimestamp, onDrop } = spec
    const node: TopologyNode = {
      kind: 'parse',
      name,
      from: this.at.from,
      decode: decode as Serde<never> | Mapper,
      timestamp: timestamp as Mapper | undefined,
      malformed,
      invalidTimestamp,
      onDrop,
    }
    const value = typeof decode === 'function' ? undefined : (decode as unknown as Serde<never>)
    return new Stream<K, W>({ ...this.at, from: this.at.append(node), value })
  }
}
