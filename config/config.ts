// The typed, frozen configuration, and the two ways to get one: from files, or from a plain object.
import { basename, join } from 'node:path'
import { isKey, refuseCombinations, refuseUnknown, withoutEffect } from './checks.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import type { ValuesOf } from './definition.ts'
import { packageRoot } from './package-root.ts'
import { replayKeys } from './replay-keys.ts'
import { at, belongsTo, resolvePrefix, resolveTable, shown, type ConfigEntry } from './resolve.ts'
import { serverKeys } from './server-keys.ts'
import { filesIn, readSettings, settingOf, type Setting, type Variables } from './settings.ts'
import { streamsKeys, streamsPrefixes } from './streams-keys.ts'

export { ConfigError, type ConfigProblem } from './config-error.ts'
export type { ConfigEntry } from './resolve.ts'
export type { BootstrapServers } from './values.ts'

/** librdkafka's settings by the client that they are for; `common` ones are for all three. */
export interface KafkaClientSettings {
  readonly common: Readonly<Record<string, string>>
  readonly consumer: Readonly<Record<string, string>>
  readonly producer: Readonly<Record<string, string>>
  readonly admin: Readonly<Record<string, string>>
}

/**
 * streams.properties, typed: `commit.interval.ms` is `commitIntervalMs`. Plain data, so it may be
 * sent to workers. What is unset has its default, or is undefined where there is none.
 */
export interface StreamsConfig extends ValuesOf<typeof streamsKeys> {
  readonly kafka: KafkaClientSettings
  /** Name of a value format by topic: `topic.format.<topic>`. */
  readonly topicFormats: Readonly<Record<string, string>>
  /** Every effective value as it may be shown: secrets are hidden. */
  readonly entries: readonly ConfigEntry[]
}

/** server.properties, typed: `server.port` is `port`. */
export interface ServerConfig extends ValuesOf<typeof serverKeys, 'server.'> {
  readonly entries: readonly ConfigEntry[]
}

/** replay.properties, typed: `replay.sort.memory.bytes` is `sortMemoryBytes`. */
export interface ReplayConfig extends ValuesOf<typeof replayKeys, 'replay.'> {
  readonly entries: readonly ConfigEntry[]
}

/** The whole configuration, frozen. */
export interface Config {
  readonly streams: StreamsConfig
  readonly server: ServerConfig
  readonly replay: ReplayConfig
}

/** Settings by key, as a caller writes them: `{ 'commit.interval.ms': 50 }`. */
export type Settings = Readonly<Record<string, string | number | boolean>>

/** Where to read the configuration from. */
export interface LoadOptions {
  /** A directory with *.properties files; the package's own `config/` when left out. */
  readonly directory?: string | undefined
  /** Wins over the files, as `--set key=value` does. */
  readonly overrides?: Settings
  /** For `${env:NAME}` in values; the environment of the process when left out. */
  readonly env?: Variables
}

/** The files of a configuration, each for its keys. */
export const CONFIG_FILES = [
  'streams.properties',
  'server.properties',
  'replay.properties',
] as const

function homeOf(key: string): (typeof CONFIG_FILES)[number] {
  if (key.startsWith('server.')) return 'server.properties'
  return key.startsWith('replay.') ? 'replay.properties' : 'streams.properties'
}

/**
 * Reads streams.properties, server.properties and replay.properties of a directory; a file that is
 * not there leaves its keys at their defaults.
 * @throws ConfigError with everything that is wrong, each with file, line and key.
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const directory = directoryOf(options)
  const env = options.env ?? process.env
  const problems: ConfigProblem[] = []
  const settings = new Map<string, Setting>()
  for (const file of filesIn(directory, CONFIG_FILES)) {
    for (const setting of readSettings(file, env, problems)) {
      const home = homeOf(setting.key)
      if (basename(file) === home || !isKey(setting.key)) settings.set(setting.key, setting)
      else problems.push({ ...at(setting), message: `belongs in ${home}` })
    }
  }
  for (const setting of written(options.overrides ?? {}, '--set', env, problems)) {
    settings.set(setting.key, setting)
  }
  return configOf([...settings.values()], problems)
}

/** The directory that options mean. */
export function directoryOf({ directory }: LoadOptions): string {
  return directory ?? join(packageRoot(), 'config')
}

/**
 * A StreamsConfig from a plain object, for library users and tests; what is left out has its default.
 * @throws ConfigError with everything that is wrong.
 */
export function streamsConfig(settings: Settings = {}): StreamsConfig {
  const problems: ConfigProblem[] = []
  return configOf(written(settings, 'settings', process.env, problems), problems).streams
}

/** Every effective value as it may be shown or exported: secrets are hidden. */
export function describeConfig({ streams, server, replay }: Config): readonly ConfigEntry[] {
  return [...streams.entries, ...server.entries, ...replay.entries]
}

function written(
  settings: Settings,
  source: string,
  env: Variables,
  problems: ConfigProblem[],
): Setting[] {
  return Object.entries(settings).flatMap(
    ([key, value]) => settingOf(key, String(value).trim(), source, env, problems) ?? [],
  )
}

function configOf(settings: readonly Setting[], problems: ConfigProblem[]): Config {
  refuseUnknown(settings, problems)
  const streams = streamsOf(settings, problems)
  const server = resolveTable(serverKeys, 'server.', settings, problems)
  const replay = resolveTable(replayKeys, 'replay.', settings, problems)
  refuseCombinations(settings, streams.bootstrapServers.kind, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze({
    streams: Object.freeze(streams),
    server: Object.freeze({ ...server.values, entries: server.entries }),
    replay: Object.freeze({ ...replay.values, entries: replay.entries }),
  })
}

function streamsOf(settings: readonly Setting[], problems: ConfigProblem[]): StreamsConfig {
  const { values, entries } = resolveTable(streamsKeys, '', settings, problems)
  const rest = (prefix: keyof typeof streamsPrefixes) =>
    resolvePrefix(streamsPrefixes[prefix], settings, problems)
  const isOpen = ({ key, text }: Setting) =>
    text !== '' && Object.values(streamsPrefixes).some(({ prefix }) => belongsTo(key, prefix))
  const hasEffect = ({ key }: ConfigEntry) =>
    withoutEffect(key, values.bootstrapServers.kind) === undefined
  return {
    ...values,
    kafka: Object.freeze({
      common: Object.freeze({
        ...rest('securityProtocol'),
        ...named('sasl.', rest('sasl')),
        ...named('ssl.', rest('ssl')),
      }),
      consumer: rest('consumer'),
      producer: rest('producer'),
      admin: rest('admin'),
    }),
    topicFormats: rest('topicFormat'),
    entries: [...entries.filter(hasEffect), ...settings.filter(isOpen).map(shown)],
  }
}

function named(prefix: string, rest: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [`${prefix}${key}`, value]))
}
