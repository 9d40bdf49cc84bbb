// One application id runs in one process at a time on one directory. The lock is a record there that names
// its holder; that of a dead process is taken over at once, that of another machine when it falls silent.
import { randomUUID } from 'node:crypto'
import type { Environment, Table } from './lmdb.ts'
import { BrokerError } from './ports.ts'
import { isAlive, thisProcess, type ProcessIdentity } from './process-identity.ts'

const HEARTBEAT_MS = 5_000
// A container that was killed comes back under another host name: this long it waits for its own lock.
const SILENT_MS_MAX = 20_000

/** Where locks lie: an embedded log, or a directory with state. */
export interface LockHome {
  readonly directory: string
  readonly environment: Environment
  /** Locks of applications by their id. */
  readonly locks: Table
  /** What to do where it is taken, beside stopping who has it; another application id where left out. */
  readonly otherwise?: string
  nowMs(): number
}

interface LockRecord extends ProcessIdentity {
  readonly token: string
  readonly sinceMs: number
  readonly beatMs: number
}

// Locks of this process: a record with its pid but a token unknown here is a leftover.
const held = new Set<string>()

/** The right to run an application on a directory. */
export class ApplicationLock {
  readonly #home: LockHome
  readonly #applicationId: string
  readonly #record: LockRecord
  readonly #timer: NodeJS.Timeout

  /**
   * Takes the lock; `onLost` is told when another process took it over.
   * @throws BrokerError MILLRACE_LOG_LOCKED with the process that has it
   */
  constructor(home: LockHome, applicationId: string, onLost: (error: BrokerError) => void) {
    this.#home = home
    this.#applicationId = applicationId
    const nowMs = home.nowMs()
    this.#record = { ...thisProcess(), token: randomUUID(), sinceMs: nowMs, beatMs: nowMs }
    home.environment.transaction(() => {
      const holder = this.#read()
      if (holder !== undefined && isHeld(holder, nowMs)) throw locked(home, applicationId, holder)
      this.#write(nowMs)
    })
    held.add(this.#record.token)
    this.#timer = setInterval(() => this.#beat(onLost), HEARTBEAT_MS).unref()
  }

  /** Gives the lock back, if it is still this one's. */
  release(): void {
    clearInterval(this.#timer)
    if (!held.delete(this.#record.token)) return
    this.#home.environment.transaction(() => {
      if (this.#read()?.token !== this.#record.token) return
      this.#home.locks.removeSync(Buffer.from(this.#applicationId))
    })
  }

  #beat(onLost: (error: BrokerError) => void): void {
    try {
      this.#home.environment.transaction(() => {
        const holder = this.#read()
        if (holder?.token !== this.#record.token) {
          throw locked(this.#home, this.#applicationId, holder)
        }
        this.#write(this.#home.nowMs())
      })
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code !== 'MILLRACE_LOG_LOCKED') return
      clearInterval(this.#timer)
      onLost(error)
    }
  }

  #read(): LockRecord | undefined {
    const value = this.#home.locks.get(Buffer.from(this.#applicationId))
    return value === undefined ? undefined : (JSON.parse(value.toString()) as LockRecord)
  }

  #write(nowMs: number): void {
    const record: LockRecord = { ...this.#record, beatMs: nowMs }
    this.#home.locks.putSync(Buffer.from(this.#applicationId), Buffer.from(JSON.stringify(record)))
  }
}

/** Who runs an application on a directory, `process 4711 on node-1 since …`, or undefined. */
export function lockHolder(home: LockHome, applicationId: string): string | undefined {
  const value = home.locks.get(Buffer.from(applicationId))
  if (value === undefined) return undefined
  const holder = JSON.parse(value.toString()) as LockRecord
  return isHeld(holder, home.nowMs()) ? nameOf(holder) : undefined
}

function nameOf({ pid, host, sinceMs }: LockRecord): string {
  return `process ${pid} on ${host} since ${new Date(sinceMs).toISOString()}`
}

function isHeld(holder: LockRecord, nowMs: number): boolean {
  if (held.has(holder.token)) return true
  const alive = isAlive(holder)
  if (alive === undefined) return nowMs - holder.beatMs < SILENT_MS_MAX
  return alive && holder.pid !== process.pid
}

function locked(
  home: LockHome,
  applicationId: string,
  holder: LockRecord | undefined,
): BrokerError {
  const who = holder === undefined ? 'another process' : nameOf(holder)
  const text =
    `The application ${applicationId} runs on ${home.directory} in ${who}: stop it first, or give ` +
    `this one ${home.otherwise ?? 'another application id'}`
  return new BrokerError('MILLRACE_LOG_LOCKED', text, { retriable: true })
}
