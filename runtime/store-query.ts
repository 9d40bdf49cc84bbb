// What is asked of a store from outside, and how one thread answers it, between two steps of its tasks.
// Kafka Streams: ReadOnlyKeyValueStore and its kin by KafkaStreams.store, one task after the other.
import type { GlobalTables } from '../processors/global-tables.ts'
import type { QueryableStore } from '../processors/queryable.ts'
import type { TaskState } from '../processors/task-state.ts'
import type { Windowed } from '../topology/windows.ts'

/** A question to a store. Keys are JSON, or plain text where the key's serde takes no such value. */
export interface StoreQuery {
  readonly store: string
  /** Exactly this key. */
  readonly key?: string | undefined
  /** Keys from this one to that one, both inclusive; either side may be left open. */
  readonly fromKey?: string | undefined
  readonly toKey?: string | undefined
  /**
   * Windows that start, sessions that lie, versions that are valid from here to there, both inclusive;
   * epoch ms. Left out: all windows and sessions, and of versions the latest.
   */
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  /** Entries that are wanted at most. */
  readonly limit: number
  /** Whether state that is behind will do: copies of what others run, and what is being restored. */
  readonly allowStale?: boolean
}

/** State that is behind, and how far: the changelog records that it lacks. */
export interface StaleState {
  readonly from: 'copy' | 'restoring'
  readonly lag: number
}

/** The kinds of stores that can be asked. */
export type StoreKind = QueryableStore['kind']

/** An entry, as JSON: `{"key","window"?,"value","timestampMs","validToMs"?}`. */
export type StoreRowJson = string

/** What the tasks of a thread know. */
export interface StoreAnswer {
  /** Undefined where none of them has the store. */
  readonly kind: StoreKind | undefined
  /** Partitions of the tasks that were asked, but for those that are behind. */
  readonly partitions: readonly number[]
  /** Partitions whose rows are of state that is behind. */
  readonly stale: readonly (readonly [partition: number, state: StaleState])[]
  readonly rows: readonly StoreRowJson[]
  /** Whether there are more entries than were wanted, or than fit. */
  readonly isCut: boolean
  /** Of a global table or store: whether all is there that was written before the thread began. */
  readonly isLoaded?: boolean
  /** Why the question cannot be answered by any such store. */
  readonly refused?: string
  /** Milliseconds that the thread took for it. */
  readonly tookMs?: number
}

/** A task that can be asked. */
export interface AskedTask {
  readonly partition: number
  readonly state: TaskState
  /** All of its stores. */
  readonly stores: { readonly all: readonly { readonly name: string }[] }
  /** Of one whose state is behind. */
  readonly stale?: StaleState
}

/** What an answer may hold, in characters: the thread stands still while it is made. */
const LENGTH_MAX = 4_194_304
/** The latest time that a Date can hold. */
const LATEST_MS = 8.64e15

interface Row {
  readonly key: unknown
  readonly window?: unknown
  readonly value: unknown
  readonly timestampMs: number
  readonly validToMs?: number | undefined
}

/** The global tables and stores of a thread. */
export interface AskedGlobals {
  readonly isLoaded: boolean
  readonly tables: Pick<GlobalTables, 'queryable'>
}

/** A part of a store; `partition` is left out where it has none. */
interface AskedPart {
  readonly partition?: number
  readonly found: QueryableStore | undefined
}

/** Asks the tasks that have the store, in their order, or the global one of that name. */
export function askStores(
  tasks: Iterable<AskedTask>,
  globals: AskedGlobals,
  query: StoreQuery,
): StoreAnswer {
  const global = globals.tables.queryable(query.store)
  if (global !== undefined) {
    const answer = answerOf([{ found: global }], query)
    return { ...answer, isLoaded: globals.isLoaded }
  }
  const having = [...tasks].filter(({ stores }) =>
    stores.all.some(({ name }) => name === query.store),
  )
  const parts = having.map(({ partition, state }) => {
    return { partition, found: state.queryable(query.store) }
  })
  return {
    ...answerOf(parts, query),
    partitions: having.flatMap(({ partition, stale }) => (stale ? [] : [partition])),
    stale: having.flatMap(({ partition, stale }) => (stale ? [[partition, stale] as const] : [])),
  }
}

function answerOf(parts: readonly AskedPart[], query: StoreQuery): StoreAnswer {
  const answer: { -readonly [Field in keyof StoreAnswer]: StoreAnswer[Field] } & {
    readonly rows: StoreRowJson[]
  } = { kind: undefined, partitions: [], stale: [], rows: [], isCut: false }
  try {
    let length = 0
    for (const { found, ...place } of parts) {
      if (found === undefined) throw new Error('an operator keeps it for itself')
      answer.kind = found.kind
      for (const row of rowsOf(found, query)) {
        const json = JSON.stringify({ ...row, ...place }, jsonReplacer)
        length += json.length
        answer.isCut = answer.rows.length === query.limit || length > LENGTH_MAX
        if (answer.isCut) return answer
        answer.rows.push(json)
      }
    }
    return answer
  } catch (error) {
    const refused = error instanceof Error ? error.message : String(error)
    return { ...answer, rows: [], refused }
  }
}

function rowsOf(found: QueryableStore, query: StoreQuery): Iterable<Row> {
  const { key, fromKey, toKey, fromMs = 0, toMs = LATEST_MS } = query
  switch (found.kind) {
    case 'key-value': {
      const { store } = found
      if (key === undefined) return asked([fromKey, toKey], (from, to) => store.range(from, to))
      return asked([key], (wanted) => {
        const entry = store.getWithTimestamp(wanted)
        return entry === undefined ? [] : [{ key: wanted, ...entry }]
      })
    }
    case 'versioned': {
      const { store } = found
      if (key === undefined) throw new Error('a versioned store is asked for one key: give it')
      const isLatest = query.fromMs === undefined && query.toMs === undefined
      return asked([key], (wanted) => {
        const latest = isLatest ? store.get(wanted) : undefined
        const versions = isLatest ? [] : store.versions(wanted, fromMs, toMs)
        return [...(latest === undefined ? [] : [latest]), ...versions].map((version) => {
          return { key: wanted, ...version }
        })
      })
    }
    case 'window': {
      const { store } = found
      const [from, to] = key === undefined ? [fromKey, toKey] : [key, key]
      return unwindowed(
        asked([from, to], (one, other) => store.fetchKeys(one, other, fromMs, toMs)),
      )
    }
    case 'session': {
      const { store } = found
      if (key !== undefined) {
        return unwindowed(asked([key], (wanted) => store.findSessions(wanted, fromMs, toMs)))
      }
      const all = asked([fromKey, toKey], (from, to) => store.fetchKeys(from, to))
      return unwindowed(all, fromMs, toMs)
    }
  }
}

type Found<T> = (...keys: unknown[]) => Iterable<T>

/** Asks with the keys read as JSON, and where the store's serde takes none of these as the texts they are. */
function asked<T>(texts: readonly (string | undefined)[], ask: Found<T>): Iterable<T> {
  const values = texts.map((text) => (text === undefined ? undefined : jsonOf(text)))
  if (values.includes(NOT_JSON)) return ask(...texts)
  try {
    return ask(...values)
  } catch (cause) {
    try {
      return ask(...texts)
    } catch {
      throw cause
    }
  }
}

const NOT_JSON = Symbol('not JSON')

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return NOT_JSON
  }
}

type WindowedRow = Omit<Row, 'key'> & { readonly key: Windowed<unknown> }

/** Key and window apart; sessions that lie outside of the times are left out. */
function* unwindowed(
  entries: Iterable<WindowedRow>,
  fromMs = -Infinity,
  toMs = Infinity,
): Generator<Row> {
  for (const { key, value, timestampMs } of entries) {
    const { window } = key
    if (window.endMs < fromMs || window.startMs > toMs) continue
    yield { key: key.key, window, value, timestampMs }
  }
}

/** For `JSON.stringify`, of what JSON cannot hold: long integers as text, bytes as base64. */
export function jsonReplacer(
  this: Readonly<Record<string, unknown>>,
  name: string,
  value: unknown,
): unknown {
  // A Buffer has been asked for its own idea of JSON before this is called.
  const held = this[name]
  if (held instanceof Uint8Array) return Buffer.from(held).toString('base64')
  return typeof value === 'bigint' ? value.toString() : value
}
