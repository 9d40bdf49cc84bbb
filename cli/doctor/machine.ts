// What the machine gives: a directory that can be written, on a disk with room, and a port. For doctor.ts.
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import type { ServerConfig } from '../../config/config.ts'
import { traceInstance } from '../../runtime/instance.ts'
import { finding, problemOf, type Finding, type Status } from './finding.ts'

const FREE_WARNING_BYTES = 1_073_741_824
const FREE_PROBLEM_BYTES = 67_108_864
const MB = 1_000_000

/** Kinds of file systems, by the number that Linux has for them; others are told by it. */
const FILE_SYSTEMS: Readonly<
  Record<number, readonly [name: string, status: Status, why?: string]>
> = {
  0xef53: ['ext', 'ok'],
  0x58465342: ['xfs', 'ok'],
  0x9123683e: ['btrfs', 'ok'],
  0x2fc12fc1: ['zfs', 'ok'],
  0x1021994: ['tmpfs', 'warning', 'what is kept there is gone when the machine stops'],
  0x794c7630: ['overlay', 'warning', 'in a container it goes with the container: mount a volume'],
  0x6969: ['nfs', 'problem', 'locks do not hold on it: use a local disk'],
  0xff534d42: ['cifs', 'problem', 'locks do not hold on it: use a local disk'],
  0xfe534d42: ['smb', 'problem', 'locks do not hold on it: use a local disk'],
}

/** Whether a directory can be written, and what it lies on; `key` is the setting that names it. */
export function checkDirectory(check: string, directory: string, key: string): Finding[] {
  const existing = nearestExisting(resolve(directory))
  const owner = `let this user write there, or set ${key}`
  if (!statSync(existing).isDirectory()) {
    return [finding(check, 'problem', `${existing} is no directory`, `set ${key}`)]
  }
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return [finding(check, 'problem', `${existing} is not writable`, owner)]
  }
  const made = existing === resolve(directory) ? '' : ', made at the first start'
  return [finding(check, 'ok', `${directory} is writable${made}`), checkDisk(check, existing)]
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

function checkDisk(check: string, path: string): Finding {
  const { bavail, bsize, type } = statfsSync(path)
  const freeBytes = bavail * bsize
  const [name, status, why] = FILE_SYSTEMS[type] ?? [`file system 0x${type.toString(16)}`, 'ok']
  const text = `${Math.floor(freeBytes / MB)} MB free on ${name}`
  if (freeBytes < FREE_PROBLEM_BYTES) return finding(check, 'problem', text, 'make room')
  if (why !== undefined) return finding(check, status, text, why)
  if (freeBytes < FREE_WARNING_BYTES) return finding(check, 'warning', text, 'that is little')
  return finding(check, 'ok', text)
}

/** Who has the state directories of Kafka's applications: of one, or of all that are there. */
export function checkHolders(stateDir: string, applicationId: string | undefined): Finding[] {
  try {
    const all = existsSync(stateDir) ? readdirSync(stateDir) : []
    const applications = applicationId === undefined ? all : [applicationId]
    return applications.flatMap((name) => {
      const { holder } = traceInstance(stateDir, name)
      if (holder === undefined) return []
      const message = `${join(stateDir, name)} is locked by ${holder}`
      return [finding('state', 'warning', message, 'a second start on it is refused')]
    })
  } catch (error) {
    return [problemOf('state', error)]
  }
}

/** Whether the server's port is free; `isRunning` when the job that may have it does run. */
export async function checkPort(
  { enabled, host, port }: ServerConfig,
  isRunning: boolean,
): Promise<Finding> {
  if (!enabled) return finding('port', 'ok', 'the server is off')
  const server = createServer()
  const error = await new Promise<NodeJS.ErrnoException | undefined>((done) => {
    server.once('error', done)
    server.listen(port, host, () => server.close(() => done(undefined)))
  })
  const place = `${host}:${port}`
  if (error === undefined) return finding('port', 'ok', `${place} is free`)
  if (error.code === 'EADDRINUSE') {
    const who = isRunning ? ', maybe by the job that runs here' : ''
    const status = isRunning ? 'warning' : 'problem'
    return finding('port', status, `${place} is taken${who}`, 'set server.port, 0 takes a free one')
  }
  const message = `${place} cannot be listened on (${error.code ?? error.message})`
  return finding('port', 'problem', message, 'set server.host and server.port')
}
