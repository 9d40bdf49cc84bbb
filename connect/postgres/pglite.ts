// PostgreSQL within the process: PGlite, where it is installed. The only file that knows it.
import type { PGlite } from '@electric-sql/pglite'
import { readFileSync } from 'node:fs'
import { asCopied } from './copied-rows.ts'
import { databaseError, SESSION, SourceError, type Cell, type Database } from './database.ts'

/** Whether PGlite is installed. */
export function hasPGlite(): boolean {
  try {
    import.meta.resolve('@electric-sql/pglite')
    return true
  } catch {
    return false
  }
}

/**
 * Opens the database in a directory, or in memory where `url` names none. `pglite:DIRECTORY?script=FILE` runs
 * a file of SQL first, which makes what is to be read.
 * @throws SourceError MILLRACE_POSTGRES_CLIENT_MISSING; MILLRACE_POSTGRES_QUERY where the script fails
 */
export async function openPGlite(url: string): Promise<Database> {
  const [directory = '', query] = url.replace(/^pglite:/, '').split('?', 2)
  const file = new URLSearchParams(query).get('script')
  const script = file === null ? undefined : scriptIn(file)
  const { PGlite: Client } = await importPGlite()
  let client: PGlite
  try {
    client = await Client.create(directory === '' ? 'memory://' : directory)
    if (script !== undefined) await client.exec(script)
    await client.exec(SESSION)
  } catch (error) {
    throw databaseError(error, url, 'could not open')
  }
  return overPGlite(client, url)
}

function scriptIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { message } = cause as Error
    const text = `connection.url=pglite:…?script=${file} cannot be read: ${message}`
    throw new SourceError('MILLRACE_POSTGRES_QUERY', text, { cause })
  }
}

/** A PGlite that somebody else has opened, and closes. */
export function overPGlite(client: PGlite, address: string): Database {
  const query: Database['query'] = async (text, values = []) => {
    try {
      const options = { rowMode: 'array' as const, parsers: asText(client) }
      const { fields, rows } = await client.query<Cell[]>(text, [...values], options)
      return {
        names: fields.map(({ name }) => name),
        types: fields.map(({ dataTypeID }) => dataTypeID),
        rows,
      }
    } catch (error) {
      throw databaseError(error, address, 'a query failed')
    }
  }
  return {
    address,
    query,
    copy: (text, rows) => fetched(query, text, rows),
    close: () => client.close(),
  }
}

/** By a cursor: its COPY would hold all rows in memory at once. */
async function* fetched(
  query: Database['query'],
  text: string,
  count: number,
): AsyncGenerator<Buffer, void, undefined> {
  await query(`DECLARE millrace_rows NO SCROLL CURSOR FOR ${text}`)
  for (;;) {
    const { rows } = await query(`FETCH FORWARD ${count} FROM millrace_rows`)
    if (rows.length > 0) yield asCopied(rows)
    if (rows.length < count) return
  }
}

/** For each type that it would read, what leaves the text as it is; more come with types that are made. */
function asText({ parsers }: PGlite): Record<string, (text: string) => string> {
  return Object.fromEntries(Object.keys(parsers).map((type) => [type, (text: string) => text]))
}

async function importPGlite(): Promise<typeof import('@electric-sql/pglite')> {
  try {
    return await import('@electric-sql/pglite')
  } catch (cause) {
    const message =
      'connection.url=pglite:… needs PGlite, which is not installed: run "npm install @electric-sql/pglite"'
    throw new SourceError('MILLRACE_POSTGRES_CLIENT_MISSING', message, { cause })
  }
}
