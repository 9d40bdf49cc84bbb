// What the page reads of the job's stores, as /watch tells it, and the tables that it makes of that. Needs no
// browser.

/** A station of a line, a row of the store `status`. */
export interface StationRow {
  readonly name: string
  readonly line: string
  readonly order: number
  /** The trains at its platforms: towards higher orders, and back. */
  readonly a: string | null
  readonly b: string | null
  readonly entries: number
}

/** Where stations are in `status`. */
export interface StationKey {
  readonly line: string
  readonly station_id: number
}

/** The row of the store `weather`. */
export interface WeatherRow {
  readonly temperature: number
  readonly status: string
}

/** An arrival of a train: the store `ways` has those of each train for an hour, the latest last. */
export interface Stop {
  readonly timestamp: number
  readonly line: string
  readonly station_id: number
  readonly direction: string
}

/** A row of a store. */
export interface Row<K, V> {
  readonly key: K
  readonly value: V
  readonly partition: number
  readonly timestampMs: number
}

/** An event of /watch. */
export interface StoreEvent {
  readonly store: string
  readonly isWhole: boolean
  readonly rows: readonly Row<unknown, unknown>[]
  readonly removed: readonly Pick<Row<unknown, unknown>, 'key' | 'partition'>[]
}

/** A station with its key. */
export interface Station extends StationRow, StationKey {}

/** The tables, as far as they have been told. */
export class Tables {
  readonly #stores = new Map<string, Map<string, Row<unknown, unknown>>>()
  /** How far the city is, epoch ms. Stations are of the time at which they were read, and do not count. */
  latestMs = -Infinity

  /** Takes an event. @returns whether anything has changed. */
  take({ store, isWhole, rows, removed }: StoreEvent): boolean {
    const known = this.#stores.get(store)
    const table = isWhole || known === undefined ? new Map<string, Row<unknown, unknown>>() : known
    this.#stores.set(store, table)
    for (const row of removed) table.delete(idOf(row))
    for (const row of rows) {
      table.set(idOf(row), row)
      if (store !== 'status') this.latestMs = Math.max(this.latestMs, row.timestampMs)
    }
    return isWhole || rows.length + removed.length > 0
  }

  /** The stations of a line in their order. */
  stationsOf(line: string): Station[] {
    const rows = this.#rows<StationKey, StationRow>('status')
    return rows
      .filter(({ key }) => key.line === line)
      .map(({ key, value }) => ({ ...value, ...key }))
      .sort((one, other) => one.order - other.order)
  }

  /** The arrivals of a train within the last hour, the latest first. */
  wayOf(train: string): Stop[] {
    const row = this.#rows<string, readonly Stop[]>('ways').find(({ key }) => key === train)
    const sinceMs = this.latestMs - 3_600_000
    return (row?.value ?? []).filter(({ timestamp }) => timestamp >= sinceMs).reverse()
  }

  /** The latest weather; undefined before there is any. */
  get weather(): WeatherRow | undefined {
    const rows = this.#rows<string, WeatherRow>('weather')
    return rows.sort((one, other) => other.timestampMs - one.timestampMs)[0]?.value
  }

  #rows<K, V>(store: string): Row<K, V>[] {
    return [...(this.#stores.get(store)?.values() ?? [])] as Row<K, V>[]
  }
}

function idOf({ key, partition }: Pick<Row<unknown, unknown>, 'key' | 'partition'>): string {
  return JSON.stringify([key, partition])
}
