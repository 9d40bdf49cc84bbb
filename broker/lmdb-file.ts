// Looks at an environment's directory and file before lmdb maps it: what lmdb would answer with a
// crash is said here in words. Called by lmdb.ts alone.
import { accessSync, closeSync, constants, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { BrokerError } from './ports.ts'

const MAGIC = 0xbeefc0de
const DATA_VERSION = 2
const META = { magic: 24, version: 28, pageSize: 48, lastPage: 144, txn: 152, length: 160 }
// The last pages of a file are not written while they are free; more than this is never missing.
const UNWRITTEN_PAGES_MAX = 16

/**
 * Makes the directory when it is missing, and checks the file in it.
 * @throws BrokerError MILLRACE_BROKER when the directory cannot be used, MILLRACE_LOG_CORRUPT when
 * the file is no log or is cut short.
 */
export function inspectDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true })
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOSPC') {
      throw new BrokerError('MILLRACE_DISK_FULL', `No room to create ${directory}`, { cause })
    }
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'is no directory' : 'is not writable'
    throw new BrokerError('MILLRACE_BROKER', `${directory} ${why}: name another directory`, {
      cause,
    })
  }
  inspectFile(join(directory, 'data.mdb'))
}

function inspectFile(path: string): void {
  let file: number
  try {
    file = openSync(path, 'r+')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new BrokerError('MILLRACE_BROKER', `${path} cannot be opened for writing`, { cause })
  }
  try {
    const size = fstatSync(file).size
    const problem = size === 0 ? undefined : problemOf(file)
    if (problem === undefined) return
    const advice = 'restore it from a copy, or delete its directory to start anew'
    throw new BrokerError('MILLRACE_LOG_CORRUPT', `${path} ${problem}: ${advice}`)
  } finally {
    closeSync(file)
  }
}

function problemOf(file: number): string | undefined {
  const first = metaAt(file, 0)
  if (first === undefined) return 'is not an lmdb file'
  const second = metaAt(file, first.pageSize)
  if (second === undefined) return 'has a damaged head'
  const written = [first, second].filter(({ txn }) => txn > 0n)
  const pages = Math.max(...written.map(({ lastPage }) => lastPage)) + 1
  // Asked for after the head was read: what the head tells of was written before it.
  const missing = pages - Math.ceil(fstatSync(file).size / first.pageSize)
  return written.length > 0 && missing > UNWRITTEN_PAGES_MAX ? 'is cut short' : undefined
}

interface Meta {
  readonly pageSize: number
  readonly lastPage: number
  readonly txn: bigint
}

function metaAt(file: number, at: number): Meta | undefined {
  const bytes = Buffer.alloc(META.length)
  if (readSync(file, bytes, 0, META.length, at) < META.length) return undefined
  const version = bytes.readUInt32LE(META.version) & 0xffff
  if (bytes.readUInt32LE(META.magic) !== MAGIC || version !== DATA_VERSION) return undefined
  const pageSize = bytes.readUInt32LE(META.pageSize)
  if (pageSize < 256 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined
  return {
    pageSize,
    lastPage: Number(bytes.readBigUInt64LE(META.lastPage)),
    txn: bytes.readBigUInt64LE(META.txn),
  }
}
