// The port to a database: queries whose values stay the texts that PostgreSQL writes, and its errors as
// ours. `client.ts` implements it for servers, `pglite.ts` for the one within the process.

/** What went wrong between a source and its database. */
export type SourceErrorCode =
  | 'MILLRACE_POSTGRES_UNREACHABLE'
  | 'MILLRACE_POSTGRES_REFUSED'
  | 'MILLRACE_POSTGRES_TABLE'
  | 'MILLRACE_POSTGRES_COLUMN'
  | 'MILLRACE_POSTGRES_VALUE'
  | 'MILLRACE_POSTGRES_QUERY'
  | 'MILLRACE_POSTGRES_CLIENT_MISSING'
  | 'MILLRACE_SOURCE_SCHEMA'

/** A table cannot be read. The message names the place and says what to do; never a password. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly code: SourceErrorCode
  /** Whether the same may go well later. */
  readonly retriable: boolean

  /** Says what failed, and whether it is worth trying again. */
  constructor(
    code: SourceErrorCode,
    message: string,
    options: { cause?: unknown; retriable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
  }
}

/** A value as PostgreSQL writes it; null for NULL. */
export type Cell = string | null
/** The values of a row, in the order of its columns. */
export type Row = readonly Cell[]

/** What a query answers. */
export interface Rows {
  /** The names of the columns. */
  readonly names: readonly string[]
  /** The types of the columns: oids of pg_type, of domains those of what they are made of. */
  readonly types: readonly number[]
  readonly rows: readonly Row[]
}

/** A connection to a database. */
export interface Database {
  /** Without user and password: `127.0.0.1:5432/cta`. */
  readonly address: string
  /** Runs a query with values for `$1`, `$2`, …; several are run one after the other. @throws SourceError */
  query(text: string, values?: readonly Cell[]): Promise<Rows>
  /**
   * The rows of a query within a transaction, as COPY writes them; a chunk may end within a row. Who does not
   * take all of them ends the connection.
   * @param rows how many may come at a time where the database has no COPY
   * @throws SourceError
   */
  copy(text: string, rows: number): AsyncGenerator<Buffer, void, undefined>
  /** Ends the connection; what is under way may be cut off. */
  close(): Promise<void>
}

/** Run on each new connection: times and bytes are written in one form whatever the server prefers. */
export const SESSION = `SET TIME ZONE 'UTC'; SET datestyle = 'ISO, YMD'; SET bytea_output = 'hex'; SET extra_float_digits = 1`

const BY_STATE: Readonly<Record<string, readonly [SourceErrorCode, string]>> = {
  '28P01': ['MILLRACE_POSTGRES_REFUSED', 'check connection.user and connection.password'],
  '28000': ['MILLRACE_POSTGRES_REFUSED', 'check connection.user, and pg_hba.conf of the server'],
  '3D000': ['MILLRACE_POSTGRES_REFUSED', 'check the database in connection.url'],
  '42P01': ['MILLRACE_POSTGRES_TABLE', 'create it, or check table.whitelist'],
  '3F000': ['MILLRACE_POSTGRES_TABLE', 'create it, or check table.whitelist'],
  '42703': ['MILLRACE_POSTGRES_COLUMN', 'check the names of columns in the configuration'],
  '42501': ['MILLRACE_POSTGRES_TABLE', 'give the role of connection.user the right: GRANT SELECT'],
}

// The server is going down, starts, has no room, gave way in a deadlock, or cut a query off.
const PASSING = /^(08|53|40)|^57P0[1-5]$|^57014$|^55P03$|^25P0[34]$|^58030$/
const TLS = /CERT|SSL|TLS|SELF_SIGNED|certificate/
const SYSTEM = /^E[A-Z_]+$/
const LOST = /terminated|timeout|timed out|closed|not queryable|ended unexpectedly/i
const NO_PASSWORD = /client password must be/

/** The error that a client threw, with the place and what to do. */
export function databaseError(error: unknown, address: string, doing: string): SourceError {
  if (error instanceof SourceError) return error
  const { code = '', message = '' } = error as { code?: string; message?: string }
  const text = `${doing} at ${address}: ${message === '' ? code : message}`
  const options = { cause: error }
  if (NO_PASSWORD.test(message)) {
    const asks = `${doing} at ${address}: the server asks for a password: set connection.password`
    return new SourceError('MILLRACE_POSTGRES_REFUSED', asks)
  }
  const known = Object.hasOwn(BY_STATE, code) ? BY_STATE[code] : undefined
  if (known !== undefined) return new SourceError(known[0], `${text}; ${known[1]}`, options)
  if (TLS.test(code) || TLS.test(message)) {
    const hint = 'check sslmode and sslrootcert in connection.url'
    return new SourceError('MILLRACE_POSTGRES_REFUSED', `${text}; ${hint}`, options)
  }
  if (PASSING.test(code) || SYSTEM.test(code) || (code === '' && LOST.test(message))) {
    return new SourceError('MILLRACE_POSTGRES_UNREACHABLE', text, { ...options, retriable: true })
  }
  return new SourceError('MILLRACE_POSTGRES_QUERY', text, options)
}
