// Turns settings into typed, frozen values by the tables of keys, and finds everything wrong with them.
import type { ConfigProblem } from './config-error.ts'
import {
  propertyName,
  type KeyDefinition,
  type KeyTable,
  type PrefixDefinition,
  type ValuesOf,
} from './definition.ts'
import type { Setting } from './settings.ts'

/** An effective value as it may be shown. */
export interface ConfigEntry {
  readonly key: string
  /** As written, `***` for a secret. */
  readonly value: string
  /** Where it was set, or `default`. */
  readonly source: string
}

/** The values of one file, by property name and as entries to show. */
export interface Section<Table extends KeyTable, Prefix extends string> {
  readonly values: ValuesOf<Table, Prefix>
  readonly entries: readonly ConfigEntry[]
}

const HIDDEN = '***'

/** Reads the values of one table; a setting that is not in it is left to the others. */
export function resolveTable<Table extends KeyTable, Prefix extends string>(
  table: Table,
  prefix: Prefix,
  settings: readonly Setting[],
  problems: ConfigProblem[],
): Section<Table, Prefix> {
  const values: Record<string, unknown> = {}
  const entries: ConfigEntry[] = []
  for (const [key, definition] of Object.entries(table)) {
    const setting = settings.find((candidate) => candidate.key === key)
    values[propertyName(key.slice(prefix.length))] = valueOf(definition, setting, problems)
    const entry = entryOf(key, definition, setting)
    if (entry !== undefined) entries.push(entry)
  }
  return { values: Object.freeze(values) as ValuesOf<Table, Prefix>, entries }
}

function valueOf(
  { type, fallback, doc }: KeyDefinition<unknown>,
  setting: Setting | undefined,
  problems: ConfigProblem[],
): unknown {
  // Nothing behind the equals sign unsets a key: that is how a file shows one without choosing.
  if (setting === undefined || setting.text === '') return fallback
  const value = type.read(setting.text)
  if (value !== undefined) return value
  const shown = setting.secret ? 'its value' : JSON.stringify(setting.text)
  problems.push({ ...at(setting), message: `${shown} is not ${type.expects}. ${doc}` })
  return fallback
}

function entryOf(
  key: string,
  { fallback }: KeyDefinition<unknown>,
  setting: Setting | undefined,
): ConfigEntry | undefined {
  if (setting !== undefined && setting.text !== '') return shown(setting)
  if (fallback === undefined) return undefined
  return { key, value: textOf(fallback), source: 'default' }
}

/** A default as it would be written in a file. */
export function textOf(fallback: unknown): string {
  const isAddress = typeof fallback === 'object' && fallback !== null && 'address' in fallback
  return String(isAddress ? fallback.address : fallback)
}

/** A setting as it may be shown. */
export function shown({ key, text, source, secret }: Setting): ConfigEntry {
  return { key, value: secret ? HIDDEN : text, source }
}

/** The open keys under a prefix, without it; reserved ones are problems. */
export function resolvePrefix(
  { prefix, reserved }: PrefixDefinition,
  settings: readonly Setting[],
  problems: ConfigProblem[],
): Readonly<Record<string, string>> {
  const found: [string, string][] = []
  for (const setting of settings) {
    if (setting.text === '' || !belongsTo(setting.key, prefix)) continue
    const rest = setting.key.slice(prefix.length)
    const reason = Object.hasOwn(reserved, rest) ? reserved[rest] : undefined
    if (reason !== undefined)
      problems.push({ ...at(setting), message: `is not yours to set: ${reason}` })
    else found.push([prefix.endsWith('.') ? rest : prefix, setting.text])
  }
  return Object.freeze(Object.fromEntries(found))
}

/** Whether a key is one of the open ones of a prefix. */
export function belongsTo(key: string, prefix: string): boolean {
  return prefix.endsWith('.')
    ? key.startsWith(prefix) && key.length > prefix.length
    : key === prefix
}

/** The place of a problem with a setting. */
export function at({ source, key }: Setting): Pick<ConfigProblem, 'source' | 'key'> {
  return { source, key }
}
