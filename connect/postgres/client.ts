// A PostgreSQL server through the client `pg`: the only file that knows it.
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import {
  databaseError,
  SESSION,
  SourceError,
  type Cell,
  type Database,
  type Rows,
} from './database.ts'

/** Where to connect, as whom. */
export interface ServerAddress {
  /** `postgresql://HOST:PORT/DATABASE?sslmode=…`, without user and password. */
  readonly url: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Shown in the server's list of connections. */
  readonly applicationName: string
}

const CONNECT_MS_MAX = 10_000
const KEEP_ALIVE_MS = 10_000
const CLOSE_MS_MAX = 2_000

// Values stay as they were written: what they become is for the columns to say.
const AS_TEXT = { getTypeParser: () => (text: string) => text }

/** Connects. @throws SourceError MILLRACE_POSTGRES_UNREACHABLE, MILLRACE_POSTGRES_REFUSED */
export async function connectServer(server: ServerAddress): Promise<Database> {
  const url = new URL(server.url)
  const address = `${url.host === '' ? (url.searchParams.get('host') ?? 'localhost') : url.host}${url.pathname}`
  // What stands beside the URL would lose against what the URL does not have.
  if (server.user !== undefined) url.searchParams.set('user', server.user)
  if (server.password !== undefined) url.searchParams.set('password', server.password)
  const client = clientOf(url, server.applicationName)
  // A connection that is lost between queries is found out by the next one.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(SESSION)
  } catch (error) {
    void end(client)
    throw databaseError(error, address, 'could not connect')
  }
  return {
    address,
    query: (text, values) => query(client, address, text, values),
    copy: (text) => copied(client, address, text),
    close: () => end(client),
  }
}

/** A client that is not connected. @throws SourceError MILLRACE_POSTGRES_REFUSED where a file of TLS is missing */
function clientOf(url: URL, applicationName: string): pg.Client {
  try {
    return new pg.Client({
      connectionString: url.href,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const text = `connection.url cannot be used: ${reason}; check sslrootcert, sslcert and sslkey in it`
    throw new SourceError('MILLRACE_POSTGRES_REFUSED', text)
  }
}

async function query(
  client: pg.Client,
  address: string,
  text: string,
  values?: readonly Cell[],
): Promise<Rows> {
  try {
    const { fields, rows } = await client.query<Cell[]>({
      text,
      ...(values === undefined ? {} : { values: [...values] }),
      rowMode: 'array',
      types: AS_TEXT,
    })
    return {
      names: fields.map(({ name }) => name),
      types: fields.map(({ dataTypeID }) => dataTypeID),
      rows,
    }
  } catch (error) {
    throw databaseError(error, address, 'a query failed')
  }
}

async function* copied(
  client: pg.Client,
  address: string,
  text: string,
): AsyncGenerator<Buffer, void, undefined> {
  let isWhole = false
  try {
    const rows = client.query(copyTo(`COPY (${text}) TO STDOUT`))
    for await (const chunk of rows) yield chunk as Buffer
    isWhole = true
  } catch (error) {
    throw databaseError(error, address, 'a query failed')
  } finally {
    // The rest would have to be read, however much that is.
    if (!isWhole) await end(client)
  }
}

/** Nobody waits for a server that does not answer. */
async function end(client: pg.Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((done) => (timer = setTimeout(done, CLOSE_MS_MAX)))
  await Promise.race([client.end().catch(() => undefined), late])
  clearTimeout(timer)
}
