// What one configuration key is: the row of the tables in streams-keys.ts, server-keys.ts and replay-keys.ts.
import type { BootstrapServers, ValueType } from './values.ts'

/** A kind of broker, as far as keys have an effect with it or not. */
export type BrokerKind = BootstrapServers['kind']

/** A key: its type, its value when nobody sets it, and where it has no effect. */
export interface KeyDefinition<T> {
  readonly type: ValueType<T & {}>
  readonly fallback: T
  /** One sentence: what the key does. */
  readonly doc: string
  /** Brokers with which setting the key is refused, and why. */
  readonly refused: Refused
  /** Whether an edit takes effect while a job runs; of other keys it does at the next start. */
  readonly hot: boolean
}

/** Reason by kind of broker. */
export type Refused = Readonly<Partial<Record<BrokerKind, string>>>

/** Open keys under a prefix (or of that very name), handed on as text. */
export interface PrefixDefinition {
  /** Ends with a dot, but for a whole key. */
  readonly prefix: string
  readonly doc: string
  readonly refused: Refused
  /** The rest of the keys that Millrace sets itself, and why they must be left alone. */
  readonly reserved: Readonly<Record<string, string>>
}

/** A key with a default. */
export function key<T>(
  type: ValueType<T & {}>,
  fallback: T & {},
  doc: string,
  refused: Refused = {},
): KeyDefinition<T & {}> {
  return { type, fallback, doc, refused, hot: false }
}

/** A key that may stay unset. */
export function optional<T>(
  type: ValueType<T & {}>,
  doc: string,
  refused: Refused = {},
): KeyDefinition<(T & {}) | undefined> {
  return { type, fallback: undefined, doc, refused, hot: false }
}

/** A key whose edits take effect while a job runs. */
export function hot<T>(definition: KeyDefinition<T>): KeyDefinition<T> {
  return { ...definition, hot: true }
}

/** All keys of a file by their name in it. */
export type KeyTable = Readonly<Record<string, KeyDefinition<unknown>>>

/** `commit.interval.ms` as a property: `commitIntervalMs`. */
export type PropertyName<Key extends string> = Key extends `${infer Head}.${infer Rest}`
  ? `${Head}${Capitalize<PropertyName<Rest>>}`
  : Key

/** The property under which the value of `key` is found in the typed configuration. */
export function propertyName(key: string): string {
  return key.replace(/\.(.)/g, (_dot, letter: string) => letter.toUpperCase())
}

/** The typed values of a table; `Prefix` is taken off the keys first. */
export type ValuesOf<Table extends KeyTable, Prefix extends string = ''> = {
  readonly [
    Key in keyof Table & string as PropertyName<Key extends `${Prefix}${infer Rest}` ? Rest : Key>
  ]: Table[Key]['fallback']
}
