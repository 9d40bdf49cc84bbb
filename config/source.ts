// The configuration of a source of records: one file, as Kafka Connect has it, apart from those of the jobs.
import { basename } from 'node:path'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import type { Settings } from './config.ts'
import { isKey } from './checks.ts'
import type { ValuesOf } from './definition.ts'
import { nearest } from './nearest.ts'
import { at, resolveTable, type ConfigEntry } from './resolve.ts'
import { refuseUseless } from './source-checks.ts'
import { sourceKeys } from './source-keys.ts'
import { reasonAgainstInSource } from './source-foreign-keys.ts'
import { readSettings, settingOf, type Setting, type Variables } from './settings.ts'

type Values = ValuesOf<typeof sourceKeys>
type Required = 'name' | 'connectionUrl' | 'tableWhitelist' | 'mode'

/** The file of a source, typed: `poll.interval.ms` is `pollIntervalMs`. */
export type SourceConfig = Omit<Values, Required | 'offsetsStorageTopic'> & {
  readonly [Key in Required]: NonNullable<Values[Key]>
} & {
  readonly offsetsStorageTopic: string
  /** Every effective value as it may be shown: secrets are hidden. */
  readonly entries: readonly ConfigEntry[]
}

/** Where to read it from. */
export interface SourceOptions {
  readonly file: string
  /** Wins over the file, as `--set key=value` does. */
  readonly overrides?: Settings
  /** For `${env:NAME}` in values; the environment of the process when left out. */
  readonly env?: Variables
}

const KEYS = Object.keys(sourceKeys)

/** Whether the key is one of a source's file. */
export const isSourceKey = (key: string): boolean => KEYS.includes(key)

/**
 * Reads the file of a source.
 * @throws ConfigError with everything that is wrong, each with file, line and key.
 */
export function loadSource({
  file,
  overrides = {},
  env = process.env,
}: SourceOptions): SourceConfig {
  const problems: ConfigProblem[] = []
  const settings = new Map<string, Setting>()
  for (const setting of readSettings(file, env, problems)) settings.set(setting.key, setting)
  for (const [key, value] of Object.entries(overrides)) {
    const setting = settingOf(key, String(value).trim(), '--set', env, problems)
    if (setting !== undefined) settings.set(key, setting)
  }
  const all = [...settings.values()].map(withoutCredentials)
  for (const setting of all) {
    if (isSourceKey(setting.key)) continue
    problems.push({ ...at(setting), message: `is not a key of a source: ${hintFor(setting.key)}` })
  }
  const { values, entries } = resolveTable(sourceKeys, '', all, problems)
  refuseUseless(basename(file), values, all, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  const { name, connectionUrl, tableWhitelist, mode } = values
  return Object.freeze({
    ...values,
    name: name!,
    connectionUrl: connectionUrl!,
    tableWhitelist: tableWhitelist!,
    mode: mode!,
    offsetsStorageTopic: values.offsetsStorageTopic ?? `${name!}-offsets`,
    entries,
  })
}

/** An address is shown, but for one that is refused for the password in it. */
function withoutCredentials(setting: Setting): Setting {
  const { key, text, secret } = setting
  const hasSome = key === 'connection.url' && /@|password/i.test(text)
  return hasSome && !secret ? { ...setting, secret: true } : setting
}

function hintFor(key: string): string {
  const reason = reasonAgainstInSource(key)
  if (reason !== undefined) return reason
  if (isKey(key)) return 'it belongs in a file of --config, or behind --set'
  const probable = nearest(key, KEYS)
  return probable === undefined ? 'docs/postgres.md lists all keys' : `did you mean ${probable}?`
}
