// The fluent skin of grouped and windowed streams. No logic: each method appends one frozen node.
import type { EmitStrategy } from './node.ts'
import { Stream, type Append } from './stream.ts'
import type { TimeWindows, Windowed } from './windows.ts'

/** A stream grouped by a key (Kafka's KGroupedStream). */
export class GroupedStream<K, V> {
  declare readonly value: V
  readonly #append: Append
  readonly #group: string

  constructor(append: Append, group: string) {
    this.#append = append
    this.#group = group
  }

  /** Aggregates per window of event time. */
  windowedBy(windows: TimeWindows): WindowedStream<K, V> {
    return new WindowedStream(this.#append, this.#group, windows)
  }
}

/** A grouped stream cut into windows (Kafka's TimeWindowedKStream). */
export class WindowedStream<K, V> {
  declare readonly value: V
  readonly #append: Append
  readonly #group: string
  readonly #windows: TimeWindows

  constructor(append: Append, group: string, windows: TimeWindows) {
    this.#append = append
    this.#group = group
    this.#windows = windows
  }

  /**
   * Counts the records per key and window in a store of that name. The result's timestamp is the
   * highest of the records counted. Late records are dropped and counted as 'expired-window'.
   */
  count(name: string, { emit }: { emit: EmitStrategy }): Stream<Windowed<K>, number> {
    const node = this.#append({
      kind: 'windowed-count',
      name,
      from: this.#group,
      windows: this.#windows,
      emit,
    })
    return new Stream<Windowed<K>, number>(this.#append, node, undefined)
  }
}
