// Global tables: every instance holds all of them, to be joined by any key (Kafka's GlobalKTable).

/** A table read from all partitions of a topic; streams join it. */
export class GlobalTable<K, V> {
  declare readonly key: K
  declare readonly value: V
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}
