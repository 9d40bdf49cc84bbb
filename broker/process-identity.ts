// Who holds a lock: enough of a process to tell later whether it still runs.
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  readonly pid: number
  readonly host: string
  /** Changes when the machine starts anew; empty where the system does not say. */
  readonly boot: string
  /** When the process started, by the kernel's clock; empty where the system does not say. */
  readonly started: string
}

// Field 22 of /proc/PID/stat, counted from the state that follows the name in brackets.
const STARTED_FIELD = 19

/** This process. */
export function thisProcess(): ProcessIdentity {
  const { pid } = process
  return { pid, host: hostname(), boot: bootOf(), started: startedOf(pid) }
}

/** Whether a process on this machine still runs; undefined when it is on another one. */
export function isAlive({ pid, host, boot, started }: ProcessIdentity): boolean | undefined {
  if (host !== hostname()) return undefined
  if (boot !== bootOf()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = startedOf(pid)
  return started === '' || now === '' || started === now
}

function bootOf(): string {
  return read('/proc/sys/kernel/random/boot_id').trim()
}

function startedOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie has ended: only its parent has not looked yet.
  return fields[0] === 'Z' ? 'ended' : (fields[STARTED_FIELD] ?? '')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
