// A PostgreSQL server of a test's own: made by initdb in a temporary directory, on a socket there and on a free
// port. It refuses to run as root, so root's tests start it as the user `postgres` of Debian's package.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

/** A running server. */
export interface Postgres {
  readonly port: number
  /** For `connection.url`; user `reader`, password `secret-of-reader`. */
  readonly url: string
  /** A connection as its owner, who may do everything. */
  readonly owner: pg.Client
  /** One more connection as the owner; it ends with the server. */
  connect(): Promise<pg.Client>
  /** Ends all of its processes at once, as a crash does. */
  kill(): void
  /** Starts it again after `kill`, and waits until it serves. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** The role that sources log in as. */
export const READER = { user: 'reader', password: 'secret-of-reader' } as const

const DEBIAN = '/usr/lib/postgresql'
const OWNER = 'owner'
const OWNER_PASSWORD = 'secret-of-owner'

/**
 * Starts a server and makes the role of the sources. It ends with this process, however that ends.
 * @throws Error that says what to install where there is no PostgreSQL
 */
export async function startPostgres(): Promise<Postgres> {
  const binaries = binariesOfPostgres()
  const root = mkdtempSync(join(tmpdir(), 'millrace-postgres-'))
  const data = join(root, 'data')
  const user = process.getuid?.() === 0 ? idsOf('postgres') : undefined
  mkdirSync(data)
  const passwords = join(root, 'password')
  writeFileSync(passwords, OWNER_PASSWORD)
  if (user !== undefined)
    for (const path of [root, data, passwords]) chownSync(path, user.uid, user.gid)
  execFileSync(
    join(binaries, 'initdb'),
    [
      '-D',
      data,
      '-U',
      OWNER,
      `--pwfile=${passwords}`,
      '-A',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--no-sync',
    ],
    { ...user, cwd: root, stdio: 'pipe' },
  )
  const port = await freePort()
  const server = new Server({ binaries, root, data, user, port })
  await server.start()
  const owner = server.owner!
  await owner.query(`CREATE ROLE ${READER.user} LOGIN PASSWORD '${READER.password}'`)
  await owner.query(`GRANT pg_read_all_data TO ${READER.user}`)
  return {
    port,
    url: `jdbc:postgresql://127.0.0.1:${port}/postgres`,
    get owner() {
      return server.owner!
    },
    connect: () => server.connect(),
    kill: () => server.kill(),
    restart: () => server.restart(),
    stop: () => server.stop(),
  }
}

interface ServerFiles {
  readonly binaries: string
  readonly root: string
  readonly data: string
  readonly user: { readonly uid: number; readonly gid: number } | undefined
  readonly port: number
}

class Server {
  readonly #files: ServerFiles
  #process: ChildProcess | undefined
  owner: pg.Client | undefined

  constructor(files: ServerFiles) {
    this.#files = files
  }

  async start(): Promise<void> {
    const { binaries, root, data, user, port } = this.#files
    const options = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', root, '-F']
    const child = spawn(join(binaries, 'postgres'), options, {
      ...user,
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    this.#process = child
    let log = ''
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (log = (log + text).slice(-4_000)))
    child.unref()
    if (child.stderr instanceof Socket) child.stderr.unref()
    // The shell outlives us for a moment: its input closes when this process ends, however it ends.
    const reaper = spawn(
      'sh',
      ['-c', 'cat > /dev/null; kill -9 -- "-$0"; rm -rf "$1"', `${child.pid}`, root],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
      },
    )
    reaper.unref()
    child.once('exit', () => reaper.kill('SIGKILL'))
    if (reaper.stdin instanceof Socket) reaper.stdin.unref()
    await until('PostgreSQL serves', async () => {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended: ${log}`)
      return await this.#login()
    })
  }

  /** Starts again after `kill`, when all that was killed is gone: what is left of it holds the directory. */
  async restart(): Promise<void> {
    const group = this.#process!.pid!
    await until('the killed processes are gone', () => !isThere(-group))
    await this.start()
  }

  kill(): void {
    // Its children end when they find it gone; the group has all of them.
    process.kill(-this.#process!.pid!, 'SIGKILL')
  }

  async stop(): Promise<void> {
    await this.owner?.end().catch(() => undefined)
    if (this.#process?.exitCode === null && this.#process.signalCode === null) this.kill()
    rmSync(this.#files.root, { recursive: true, force: true, maxRetries: 10 })
  }

  async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: this.#files.port,
      user: OWNER,
      password: OWNER_PASSWORD,
      database: 'postgres',
    })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  async #login(): Promise<boolean> {
    try {
      this.owner = await this.connect()
      return true
    } catch {
      return false
    }
  }
}

function binariesOfPostgres(): string {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
    : []
  const places = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  const found = places.find(
    (place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')),
  )
  if (found !== undefined) return found
  throw new Error(
    'PostgreSQL 15 or newer is needed for this test: run `apt-get install postgresql`',
  )
}

function idsOf(name: string): { uid: number; gid: number } {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Whether a process is there, or any of a group whose number is negative; one that has ended and was not waited for is. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
