// What is wrong with settings beyond a single value: unknown keys, keys without effect, combinations.

import type { ConfigProblem } from './config-error.ts'
import type { BrokerKind, Refused } from './definition.ts'
import { reasonAgainst } from './foreign-keys.ts'
import { nearest } from './nearest.ts'
import { replayKeys } from './replay-keys.ts'
import { at, belongsTo } from './resolve.ts'
import { serverKeys } from './server-keys.ts'
import type { Setting } from './settings.ts'
import { streamsKeys, streamsPrefixes } from './streams-keys.ts'

const KEYS = Object.keys({ ...streamsKeys, ...serverKeys, ...replayKeys })

/** Whether a key is in one of the tables, or an open one under a prefix. */
export function isKey(key: string): boolean {
  return KEYS.includes(key) || prefixOf(key) !== undefined
}

/** Refuses keys that are in no table, and says which one was probably meant. */
export function refuseUnknown(settings: readonly Setting[], problems: ConfigProblem[]): void {
  for (const setting of settings) {
    if (isKey(setting.key)) continue
    problems.push({ ...at(setting), message: `is not a key of Millrace: ${hintFor(setting.key)}` })
  }
}

function hintFor(key: string): string {
  const probable = nearest(key, KEYS)
  const guess =
    probable === undefined ? 'config/*.properties list all keys' : `did you mean ${probable}?`
  return reasonAgainst(key) ?? guess
}

function prefixOf(key: string): { readonly refused: Refused } | undefined {
  return Object.values(streamsPrefixes).find(({ prefix }) => belongsTo(key, prefix))
}

/** Why a key has no effect with a kind of broker, or undefined when it has one. */
export function withoutEffect(key: string, broker: BrokerKind): string | undefined {
  const table: Readonly<Record<string, { readonly refused: Refused }>> = streamsKeys
  const definition = Object.hasOwn(table, key) ? table[key] : prefixOf(key)
  return definition?.refused[broker]
}

/** Refuses what has no effect with the chosen broker, and settings that contradict each other. */
export function refuseCombinations(
  settings: readonly Setting[],
  broker: BrokerKind,
  problems: ConfigProblem[],
): void {
  const given = settings.filter(({ text }) => text !== '')
  const refuse = (setting: Setting, message: string) => {
    problems.push({ ...at(setting), message })
  }
  for (const setting of given) {
    const reason = withoutEffect(setting.key, broker)
    if (reason !== undefined) refuse(setting, reason)
  }
  const find = (key: string) => given.find((setting) => setting.key === key)
  const isolation = find('consumer.isolation.level')
  if (
    find('processing.guarantee')?.text === 'exactly_once_v2' &&
    isolation?.text === 'read_uncommitted'
  ) {
    refuse(isolation, 'contradicts processing.guarantee=exactly_once_v2: take it out')
  }
  const speed = find('replay.speed')
  if (speed !== undefined && find('replay.rate') !== undefined) {
    refuse(speed, 'cannot be set together with replay.rate: keep one of the two')
  }
}
