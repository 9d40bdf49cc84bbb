// Sources for tests: a configuration from a plain object, a run in this process, what came of it.
import { writeFileSync } from 'node:fs'
import type { Broker } from '../../broker/ports.ts'
import { loadSource, type SourceConfig } from '../../config/source.ts'
import { runPostgresSource, type SourceOptions } from '../../connect/postgres/source.ts'
import { readTopic } from '../support/final-tables.ts'
import { READER } from '../support/postgres.ts'

/** Keys of a source by their names. */
export type SourceSettings = Readonly<Record<string, string | number | boolean>>

/** Keys that every source of a test has. */
export function sourceSettings(url: string, more: SourceSettings): SourceSettings {
  return {
    'connection.url': url,
    'connection.user': READER.user,
    'connection.password': READER.password,
    'poll.interval.ms': 20,
    ...more,
  }
}

/** The file of a source. */
export function writeSource(file: string, settings: SourceSettings): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

/** The configuration of a source, by way of a file. */
export function sourceConfig(file: string, settings: SourceSettings): SourceConfig {
  return loadSource({ file: writeSource(file, settings) })
}

/** Runs a source until it is stopped. */
export function startSource(
  broker: Broker,
  config: SourceConfig,
  more: Partial<SourceOptions> = {},
): { readonly done: Promise<number>; stop(): Promise<number> } {
  const stopping = new AbortController()
  const done = runPostgresSource({
    config,
    broker,
    partitionsOf: async (name) => {
      await broker.ensureTopics([{ name, partitions: 2 }])
      return 2
    },
    commitIntervalMs: 20,
    signal: stopping.signal,
    ...more,
  })
  // Whoever looks at it later sees the failure.
  done.catch(() => undefined)
  return {
    done,
    stop: () => {
      stopping.abort()
      return done
    },
  }
}

/** Reads all tables once. */
export function runOnce(
  broker: Broker,
  config: SourceConfig,
  more: Partial<SourceOptions> = {},
): Promise<number> {
  return startSource(broker, config, { once: true, ...more }).done
}

/** A record of a topic: key as text, value as JSON. */
export interface ReadRecord {
  readonly key: string | null
  readonly value: unknown
}

/** The records of a topic as JSON. */
export async function recordsOf(broker: Broker, topic: string): Promise<ReadRecord[]> {
  const records: ReadRecord[] = []
  await readTopic(broker, topic, ({ key, value }) => {
    records.push({
      key: key === null ? null : String(key),
      value: value === null ? null : JSON.parse(String(value)),
    })
  })
  return records
}

/** The numbers of a column in a topic, sorted. */
export async function numbersOf(broker: Broker, topic: string, column: string): Promise<number[]> {
  const records = await recordsOf(broker, topic)
  return records
    .map(({ value }) => (value as Record<string, number>)[column]!)
    .sort((a, b) => a - b)
}
