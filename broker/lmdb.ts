// The one importer of lmdb: environments with fixed settings, and the errors of lmdb as ours. Used by
// the embedded log and by the state of tasks; a thread has one handle a directory, however often opened.
import { realpathSync } from 'node:fs'
import { open, TransactionFlags, type Database, type RootDatabase } from 'lmdb'
import { inspectDirectory } from './lmdb-file.ts'
import { BrokerError, type TopicPartition, type TopicPartitionOffset } from './ports.ts'

/** A table of an environment: binary values under binary keys, in the byte order of the keys. */
export type Table = Database<Buffer, Uint8Array>

/** One LMDB environment. Several threads and processes may open the same directory. */
export interface Environment {
  /**
   * Opens a named table, creating it when missing. Open tables outside of transactions that may fail:
   * an undone transaction takes a new table with it.
   */
  table(name: string): Table
  /**
   * Runs `work` in a write transaction that is durable on return; it is undone when `work` throws.
   * Called within a transaction of the same directory and thread it joins that one, and a failure
   * inside then fails the whole. `work` must be synchronous.
   * @throws BrokerError MILLRACE_DISK_FULL, MILLRACE_LOG_CORRUPT
   */
  transaction<T>(work: () => T): T
  close(): void
}

/** An environment as `openEnvironment` gives it. */
export interface OpenedEnvironment extends Environment {
  /** Lets the next read see what other threads and processes have committed. About 1 µs. */
  refresh(): void
}

export interface EnvironmentOptions {
  /** A fixed limit of the file in bytes; without it the file grows with the disk. */
  readonly bytesMax?: number
}

// Commits become visible before they are flushed, so that the next writer need not wait, and return
// after the flush: the third flag only moves it out of the writers' lock.
const DURABLE_OVERLAPPING =
  TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH
// Every task of every application may have some tables.
const TABLES_MAX = 1024

interface Handle {
  readonly root: RootDatabase<Buffer, Uint8Array>
  readonly tables: Map<string, Table>
  users: number
  /** Transactions of this thread that are open: more than one is nesting. */
  depth: number
  /** The failure of a nested transaction, which must not be committed by the outer one. */
  failure: unknown
}

const handles = new Map<string, Handle>()

/**
 * Opens the environment in a directory, creating it when missing. Closing the last one that a thread
 * has opened closes it; a worker must close before it is terminated.
 * @throws BrokerError MILLRACE_LOG_CORRUPT, MILLRACE_DISK_FULL, or MILLRACE_BROKER where the
 * directory cannot be used.
 */
export function openEnvironment(
  directory: string,
  options: EnvironmentOptions = {},
): OpenedEnvironment {
  inspectDirectory(directory)
  const path = realpathSync(directory)
  const handle = handles.get(path) ?? openHandle(path, options)
  handle.users += 1
  let closed = false
  return {
    table: (name) => openTable(handle, name),
    transaction: (work) => transact(handle, path, work),
    refresh: () => handle.root.resetReadTxn(),
    close: () => {
      if (closed) return
      closed = true
      handle.users -= 1
      if (handle.users > 0) return
      handles.delete(path)
      void handle.root.close()
    },
  }
}

function openHandle(path: string, { bytesMax }: EnvironmentOptions): Handle {
  const root = translated(path, () =>
    open<Buffer, Uint8Array>({
      path,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      maxDbs: TABLES_MAX,
      ...(bytesMax === undefined ? {} : { mapSize: bytesMax }),
    }),
  )
  const handle: Handle = { root, tables: new Map(), users: 0, depth: 0, failure: undefined }
  handles.set(path, handle)
  return handle
}

function openTable(handle: Handle, name: string): Table {
  const known = handle.tables.get(name)
  if (known !== undefined) return known
  const table = handle.root.openDB<Buffer, Uint8Array>({
    name,
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  // One opened in a transaction is gone when that is undone, so only others are remembered.
  if (handle.depth === 0) handle.tables.set(name, table)
  return table
}

function transact<T>(handle: Handle, path: string, work: () => T): T {
  const outermost = handle.depth === 0
  handle.depth += 1
  try {
    if (!outermost) return work()
    handle.failure = undefined
    return translated(path, () =>
      handle.root.transactionSync(() => {
        const result = work()
        if (handle.failure !== undefined) throw handle.failure
        return result
      }, DURABLE_OVERLAPPING),
    )
  } catch (error) {
    if (!outermost) handle.failure ??= error
    throw error
  } finally {
    handle.depth -= 1
  }
}

function translated<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw brokerErrorOf(path, error)
  }
}

/** What failed in lmdb as an error of ours; anything else is given back as it is. */
function brokerErrorOf(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof BrokerError) return cause
  if (/MDB_MAP_FULL|No space left|Disk quota|File too large/.test(cause.message)) {
    const text = `No room is left for ${path}: free some space, or set a lower retention.bytes`
    return new BrokerError('MILLRACE_DISK_FULL', text, { cause, retriable: true })
  }
  if (
    /MDB_(INVALID|CORRUPTED|PAGE_NOTFOUND|VERSION_MISMATCH|PANIC|PAGE_FULL)/.test(cause.message)
  ) {
    const text = `${path} is damaged: restore it from a copy, or delete it to start anew`
    return new BrokerError('MILLRACE_LOG_CORRUPT', text, { cause })
  }
  return cause
}

/** Next offsets that tasks have committed, in a table of their environment. */
export interface PositionTable {
  get(partition: TopicPartition): number | undefined
  /** Writes what differs from what is there. Atomic only within a transaction. */
  put(positions: readonly TopicPartitionOffset[]): void
}

/** The committed positions in an environment: tasks write them with their state, a group reads them. */
export function openPositions(environment: Environment): PositionTable {
  const table = environment.table('positions')
  const keyOf = ({ topic, partition }: TopicPartition): Buffer =>
    Buffer.from(`${topic}\0${partition}`)
  const get = (of: TopicPartition): number | undefined => {
    const value = table.getBinary(keyOf(of))
    return value === undefined ? undefined : Number(value.toString())
  }
  return {
    get,
    put(positions) {
      const changed = positions.filter((position) => get(position) !== position.offset)
      if (changed.length === 0) return
      environment.transaction(() => {
        for (const at of changed) table.putSync(keyOf(at), Buffer.from(`${at.offset}`))
      })
    },
  }
}
