// Which keys may change while a job runs, what two configurations differ in, and the configuration that is in
// effect after an edit. Read by the watch of the files and by whoever takes a change over.
import { createHash } from 'node:crypto'
import { describeConfig, type Config, type ReplayConfig, type StreamsConfig } from './config.ts'
import { propertyName, type KeyTable } from './definition.ts'
import { replayKeys } from './replay-keys.ts'
import type { ConfigEntry } from './resolve.ts'
import { serverKeys } from './server-keys.ts'
import { streamsKeys } from './streams-keys.ts'

/** A key whose value is another one than before. */
export interface ConfigChange {
  readonly key: string
  /** As they may be shown; undefined where the key is unset and has no default. */
  readonly from: string | undefined
  readonly to: string | undefined
  /** Where the new value was written, or `default`. */
  readonly source: string
  /** Whether it can take effect without a restart. */
  readonly hot: boolean
}

const TABLE: KeyTable = { ...streamsKeys, ...serverKeys, ...replayKeys }

/** Whether an edit of the key takes effect while a job runs. */
export function isHot(key: string): boolean {
  return Object.hasOwn(TABLE, key) && TABLE[key]!.hot
}

/** What is different in `after`, in the order of the files; secrets are compared, but not shown. */
export function changesBetween(before: Config, after: Config): ConfigChange[] {
  const [was, is] = [valuesOf(before), valuesOf(after)]
  const [wasShown, isShown] = [shownOf(before), shownOf(after)]
  return [...new Set([...is.keys(), ...was.keys()])]
    .filter((key) => is.get(key) !== was.get(key))
    .map((key) => ({
      key,
      from: wasShown.get(key)?.value,
      to: isShown.get(key)?.value,
      source: isShown.get(key)?.source ?? 'default',
      hot: isHot(key),
    }))
}

/** What is in effect when `after` was written while `before` was: the hot keys of the one, the rest of the other. */
export function withHot(before: Config, after: Config): Config {
  return Object.freeze({
    streams: streamsWithHot(before.streams, after.streams),
    server: before.server,
    replay: sectionWithHot(replayKeys, 'replay.', before.replay, after.replay),
  })
}

/** As `withHot`, for the settings of a job alone. */
export function streamsWithHot(before: StreamsConfig, after: StreamsConfig): StreamsConfig {
  return sectionWithHot(streamsKeys, '', before, after)
}

function sectionWithHot<Section extends StreamsConfig | ReplayConfig>(
  table: KeyTable,
  prefix: string,
  before: Section,
  after: Section,
): Section {
  const hot = Object.keys(table)
    .filter(isHot)
    .map((key) => propertyName(key.slice(prefix.length)) as keyof Section)
  const taken = Object.fromEntries(
    hot.map((property) => [property, after[property]]),
  ) as Partial<Section>
  const section: Section = { ...before, ...taken, entries: entriesWithHot(table, before, after) }
  return Object.freeze(section)
}

/** In the order of the table, then what is in none. */
function entriesWithHot(
  table: KeyTable,
  before: StreamsConfig | ReplayConfig,
  after: StreamsConfig | ReplayConfig,
): readonly ConfigEntry[] {
  const kept = before.entries.filter(({ key }) => !isHot(key))
  const taken = after.entries.filter(({ key }) => isHot(key))
  const order = Object.keys(table)
  const placeOf = ({ key }: ConfigEntry): number => {
    const place = order.indexOf(key)
    return place < 0 ? order.length : place
  }
  return [...kept, ...taken].sort((one, other) => placeOf(one) - placeOf(other))
}

/** A short name of a configuration: the same for the same values as they may be shown. */
export function configHash(config: Config): string {
  const text = describeConfig(config).map(({ key, value }) => `${key}=${value}`)
  return createHash('sha256').update(text.join('\n')).digest('hex').slice(0, 12)
}

function shownOf(config: Config): Map<string, ConfigEntry> {
  return new Map(describeConfig(config).map((entry) => [entry.key, entry]))
}

/** Every value by its key, secrets too: never to be shown. */
function valuesOf({ streams, server, replay }: Config): Map<string, string | undefined> {
  const tables = [
    ...tableValues(streamsKeys, '', streams),
    ...tableValues(serverKeys, 'server.', server),
    ...tableValues(replayKeys, 'replay.', replay),
  ]
  const { common, consumer, producer, admin } = streams.kafka
  return new Map([
    ...tables,
    ...Object.entries(common),
    ...prefixed('consumer.', consumer),
    ...prefixed('producer.', producer),
    ...prefixed('admin.', admin),
    ...prefixed('topic.format.', streams.topicFormats),
  ])
}

function tableValues(
  table: KeyTable,
  prefix: string,
  section: object,
): [string, string | undefined][] {
  const values: Readonly<Record<string, unknown>> = { ...section }
  return Object.keys(table).map((key) => [
    key,
    JSON.stringify(values[propertyName(key.slice(prefix.length))]),
  ])
}

function prefixed(prefix: string, rest: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(rest).map(([key, value]) => [`${prefix}${key}`, value])
}
