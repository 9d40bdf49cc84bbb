// The one importer of lmdb: environments with fixed settings, and the errors of lmdb as ours. Used by
// the embedded log and by the state of tasks; a thread has one handle a directory, however often opened.
import { realpathSync, statfsSync } from 'node:fs'
import { open, TransactionFlags, type Database, type RootDatabase } from 'lmdb'
import { inspectDirectory } from './lmdb-file.ts'
import { BrokerError, type TopicPartition, type TopicPartitionOffset } from './ports.ts'
import type { StateEnvironment } from './state-environment.ts'

/** A table of an environment: binary values under binary keys, in the byte order of the keys. */
export type Table = Database<Buffer, Uint8Array>

/** One LMDB environment. Several threads and processes may open the same directory. */
export interface Environment extends StateEnvironment {
  /**
   * Opens a named table, creating it when missing. Open tables outside of transactions that may fail:
   * an undone transaction takes a new table with it.
   */
  table(name: string): Table
  /**
   * Runs `work` in a write transaction that is durable on return, where the environment is synced; it is undone
   * when `work` throws. Called within a transaction of the same directory and thread it joins that one, and a failure
   * inside then fails the whole. `work` must be synchronous.
   * @throws BrokerError MILLRACE_DISK_FULL, MILLRACE_LOG_CORRUPT
   */
  transaction<T>(work: () => T): T
  close(): void
}

/** An environment as `openEnvironment` gives it. */
export interface OpenedEnvironment extends Environment {
  /** The names of all tables. */
  tableNames(): string[]
  /** Lets the next read see what other threads and processes have committed. About 1 µs. */
  refresh(): void
  /** What a read of a table threw, as an error of ours where lmdb failed. */
  errorOf(cause: unknown): Error
}

/** How an environment is opened. */
export interface EnvironmentOptions {
  /**
   * Whether a transaction is on the disk when it returns. Without it survives every end of the process, but not one
   * of the machine, after which what is there may be damaged and not look so: see kafka/boot-mark.ts.
   */
  readonly isSynced: boolean
  /** How many tables there may be: each takes memory in every environment. */
  readonly tablesMax?: number
}

// A commit is flushed within the writers' lock, as LMDB does by nature. lmdb's overlappingSync, which
// flushes outside of it, fails every process that waits while another one is killed in its flush.
const DURABLE = TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT
const EIO = 5
const FREE_BYTES_MIN = 16_777_216
/** EFBIG, ENOSPC, EDQUOT, MDB_MAP_FULL */
const NO_ROOM = new Set<unknown>([27, 28, 122, -30_792, 'EFBIG', 'ENOSPC', 'EDQUOT'])
/** MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_PANIC, MDB_VERSION_MISMATCH, MDB_INVALID, MDB_CURSOR_FULL, MDB_PAGE_FULL */
const DAMAGED = new Set([-30_797, -30_796, -30_795, -30_794, -30_793, -30_787, -30_786])
/** Each application has some tables; those of before format 3 of the log had some for each of their tasks. */
const TABLES_MAX = 1024
/** MDB_DBS_FULL */
const NO_TABLE_LEFT = -30_791

interface Handle {
  readonly root: RootDatabase<Buffer, Uint8Array>
  readonly tables: Map<string, Table>
  readonly tablesMax: number
  users: number
  /** Transactions of this thread that are open: more than one is nesting. */
  depth: number
  /** The failure of a nested transaction, which must not be committed by the outer one. */
  failure: Error | undefined
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
  options: EnvironmentOptions = { isSynced: true },
): OpenedEnvironment {
  inspectDirectory(directory)
  const path = realpathSync(directory)
  const handle = handles.get(path) ?? openHandle(path, options)
  handle.users += 1
  let closed = false
  return {
    table: (name) => translated(path, () => openTable(handle, name)),
    transaction: (work) => transact(handle, path, work),
    tableNames: () => translated(path, () => [...handle.root.getKeys()].map(tableName)),
    refresh: () => handle.root.resetReadTxn(),
    errorOf: (cause) => brokerErrorOf(path, cause),
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

function openHandle(
  path: string,
  { isSynced, tablesMax = TABLES_MAX }: EnvironmentOptions,
): Handle {
  const root = translated(path, () =>
    open<Buffer, Uint8Array>({
      path,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      maxDbs: tablesMax,
      overlappingSync: false,
      noSync: !isSynced,
    }),
  )
  const state = { users: 0, depth: 0, failure: undefined }
  const handle: Handle = { root, tables: new Map(), tablesMax, ...state }
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

/** lmdb ends the names of tables with a zero byte. */
function tableName(key: unknown): string {
  return Buffer.from(key as Uint8Array)
    .toString()
    .replace(/\0$/, '')
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
      }, DURABLE),
    )
  } catch (error) {
    if (!outermost) handle.failure ??= toError(error)
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
function brokerErrorOf(path: string, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const { message } = toError(cause)
  if (NO_ROOM.has(code) || ((code === EIO || code === 'EIO') && isFull(path))) {
    const text = `No room is left for ${path}: free some space; an embedded log needs less with a lower retention.bytes`
    return new BrokerError('MILLRACE_DISK_FULL', text, { cause, retriable: true })
  }
  if (code === NO_TABLE_LEFT) {
    const most = handles.get(path)?.tablesMax ?? TABLES_MAX
    const text = `${path} has as many tables as it may have, ${most}: let an application have a log of its own in another directory (bootstrap.servers)`
    return new BrokerError('MILLRACE_BROKER', text, { cause })
  }
  if (typeof code !== 'number') return toError(cause)
  if (DAMAGED.has(code)) {
    const text = `${path} is damaged (${message}): restore it from a copy, or delete it to start anew`
    return new BrokerError('MILLRACE_LOG_CORRUPT', text, { cause })
  }
  return new BrokerError('MILLRACE_BROKER', `${path} cannot be used: ${message}`, { cause })
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** A write that found some room but not enough is told by lmdb as a failure of the device. */
function isFull(path: string): boolean {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize < FREE_BYTES_MIN
}

/** Next offsets that tasks have committed, in a table of their environment. */
export interface PositionTable {
  get(partition: TopicPartition): number | undefined
  /** Writes what differs from what is there. Atomic only within a transaction. */
  put(positions: readonly TopicPartitionOffset[]): void
  remove(partition: TopicPartition): void
}

/** The committed positions in an environment: tasks write them with their state, a group reads them. */
export function openPositions(environment: StateEnvironment): PositionTable {
  const table = environment.table('positions')
  const keyOf = ({ topic, partition }: TopicPartition): Buffer =>
    Buffer.from(`${topic}\0${partition}`)
  const get = (of: TopicPartition): number | undefined => {
    const value = table.getBinary(keyOf(of))
    return value === undefined ? undefined : Number(value.toString())
  }
  return {
    get,
    remove: (of) => table.removeSync(keyOf(of)),
    put(positions) {
      const changed = positions.filter((position) => get(position) !== position.offset)
      if (changed.length === 0) return
      environment.transaction(() => {
        for (const at of changed) table.putSync(keyOf(at), Buffer.from(`${at.offset}`))
      })
    },
  }
}
