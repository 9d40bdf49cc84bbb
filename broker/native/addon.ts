// Loads the addon, once a process and thread. It may be missing: everything it does is done in
// TypeScript too, slower.
import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { KafkaAddon } from './kafka-addon.ts'
import type { RowReaderFunctions } from './row-reader.ts'

/** A native object; it lives as long as its handle. */
export type Handle = { readonly __brand: 'handle' }

/** The functions of the addon. */
export interface Addon extends RowReaderFunctions, KafkaAddon {
  readonly __brand: 'addon'
  readonly interfaceVersion: number
}

/** What this code calls: `kInterface` of addon.cc. */
const INTERFACE = 2

/** The addon, or why it is not there. */
export type LoadedAddon =
  | { readonly addon: Addon; readonly path: string }
  | { readonly addon: undefined; readonly reason: string }

let loaded: LoadedAddon | undefined

/** Set to keep the addon out: what is measured or tested then is the TypeScript. */
export const ADDON_OFF = 'MILLRACE_NO_ADDON'

/** Loads the addon on the first call. */
export function loadAddon(): LoadedAddon {
  return (loaded ??= load())
}

function load(): LoadedAddon {
  if (process.env[ADDON_OFF]) return { addon: undefined, reason: `${ADDON_OFF} is set` }
  const path = builtPath()
  if (path === undefined)
    return { addon: undefined, reason: 'it was not built when Millrace was installed' }
  try {
    const addon = createRequire(import.meta.url)(path) as Addon
    if (addon.interfaceVersion === INTERFACE) return { addon, path }
    return {
      addon: undefined,
      reason: 'it was built for another version of Millrace: npm ci builds this one',
    }
  } catch (error) {
    return { addon: undefined, reason: (error as Error).message.split('\n')[0]! }
  }
}

/** Beside this file when it runs from source, beside the source when it was compiled to dist. */
function builtPath(): string | undefined {
  return ['./build/Release/millrace.node', '../../../broker/native/build/Release/millrace.node']
    .map((relative) => fileURLToPath(new URL(relative, import.meta.url)))
    .find((path) => existsSync(path))
}
