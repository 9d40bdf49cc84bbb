// Whether state on the disk can be trusted. Waiting for the disk at each save would stop a worker for some ten
// milliseconds a task, and changelogs have it all: so nothing is waited for, and state that was in use when the
// machine went down is built anew. A process that is killed loses nothing.
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { BrokerError } from '../ports.ts'
import { thisProcess } from '../process-identity.ts'

const FILE = 'boot'
const CLOSED = 'closed'

/** What a directory of state was left as, and is. */
export class BootMark {
  readonly #directory: string
  readonly #boot = thisProcess().boot

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Whether this system tells one start of the machine from another; elsewhere state has to be synced. */
  get isKnown(): boolean {
    return this.#boot !== ''
  }

  /** Why what is here cannot be trusted; undefined when it can. */
  get problem(): string | undefined {
    const mark = this.#read()
    if (mark === CLOSED || mark === this.#boot || !existsSync(this.#data)) return undefined
    return mark === undefined
      ? `${this.#directory} does not tell whether it was in use when its machine went down`
      : `${this.#directory} was in use when this machine, or the one it was on, went down`
  }

  /**
   * To be called before anything is written that is not synced.
   * @throws BrokerError MILLRACE_DISK_FULL
   */
  inUse(): void {
    const mark = this.isKnown ? this.#read() : this.#boot
    // Only where it says that all is well it must not say so any more: what has no mark is not trusted.
    if (mark !== this.#boot) this.#write(this.#boot, mark !== undefined)
  }

  /** To be called when nothing is written any more: waits for the disk. Where that fails it counts as in use. */
  closed(): void {
    if (!this.isKnown) return
    try {
      synced(this.#data, 'r+')
      // Where this is lost, the state counts as in use.
      this.#write(CLOSED, false)
    } catch {
      // A full disk, or a directory that is gone: who needs to know hears of it where state is written.
    }
  }

  #read(): string | undefined {
    try {
      return readFileSync(join(this.#directory, FILE), 'utf8')
    } catch {
      return undefined
    }
  }

  get #data(): string {
    return join(this.#directory, 'data.mdb')
  }

  /** @param isAwaited whether the disk must have it. @throws BrokerError MILLRACE_DISK_FULL */
  #write(mark: string, isAwaited: boolean): void {
    const path = join(this.#directory, FILE)
    try {
      if (isAwaited) synced(path, 'r+', mark)
      else writeFileSync(path, mark)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause
      const text = `No room is left for ${path}: free some space`
      throw new BrokerError('MILLRACE_DISK_FULL', text, { cause, retriable: true })
    }
  }
}

/** Writes a text, if any, and waits until the disk has the file. */
function synced(path: string, flags: string, text = ''): void {
  const file = openSync(path, flags)
  try {
    if (text !== '') {
      ftruncateSync(file)
      writeSync(file, text)
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
