// What each setting is when nobody sets it, and what it does: for those who show a configuration.
import type { KeyDefinition, KeyTable } from './definition.ts'
import { replayKeys } from './replay-keys.ts'
import type { ConfigEntry } from './resolve.ts'
import { textOf } from './resolve.ts'
import { serverKeys } from './server-keys.ts'
import { streamsKeys } from './streams-keys.ts'

/** A setting in effect beside its default. */
export interface ExplainedEntry extends ConfigEntry {
  /** Null for a key that has none, and for one of the client's. */
  readonly default: string | null
  /** Whether somebody chose another value than the default. */
  readonly differs: boolean
  /** One sentence on what the key does; null for one of the client's. */
  readonly about: string | null
}

const TABLES: readonly KeyTable[] = [streamsKeys, serverKeys, replayKeys]

/** Puts its default beside each entry. Secrets are hidden in the entries already. */
export function explained(entries: readonly ConfigEntry[]): ExplainedEntry[] {
  return entries.map((entry) => {
    const known = definitionOf(entry.key)
    const standard = known?.fallback === undefined ? null : textOf(known.fallback)
    return {
      ...entry,
      default: standard,
      differs: entry.source !== 'default' && entry.value !== standard,
      about: known?.doc ?? null,
    }
  })
}

function definitionOf(key: string): KeyDefinition<unknown> | undefined {
  return TABLES.find((table) => Object.hasOwn(table, key))?.[key]
}
