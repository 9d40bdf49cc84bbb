// The one importer of lmdb: environments with fixed settings. Used by the embedded log and the state.
import { open, type Database, type RootDatabase } from 'lmdb'

/** A table of an environment: binary values under binary keys, in the byte order of the keys. */
export type Table = Database<Buffer, Uint8Array>

/** One LMDB environment. Several threads and processes may open the same directory. */
export interface Environment {
  /** Opens a named table, creating it when missing. */
  table(name: string): Table
  /** Runs `work` in a write transaction; it is undone when `work` throws. */
  transaction<T>(work: () => T): T
  close(): void
}

/** Opens the environment in a directory, creating it when missing. */
export function openEnvironment(directory: string): Environment {
  const root: RootDatabase<Buffer, Uint8Array> = open({
    path: directory,
    encoding: 'binary',
    keyEncoding: 'binary',
    maxDbs: 64,
    noReadAhead: true,
  })
  return {
    table: (name) => root.openDB<Buffer, Uint8Array>({ name, encoding: 'binary', keyEncoding: 'binary' }),
    transaction: (work) => root.transactionSync(work),
    close: () => void root.close(),
  }
}
