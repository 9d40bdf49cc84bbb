// One look at a table: where it ends now, who is still writing to it, and the rows up to that end, as COPY
// writes them: PostgreSQL sends no faster than they are taken, so that few are ever in memory.
import { setTimeout as sleep } from 'node:timers/promises'
import { quotedTable } from './columns.ts'
import type { Database, Row, Rows } from './database.ts'
import type { Place } from './place.ts'
import type { PollStart, Reading } from './query.ts'

/** A look at a table. */
export interface Poll {
  readonly database: Database
  readonly table: string
  readonly reading: Reading
  readonly from: Place
  readonly batchMaxRows: number
  readonly writersWait: boolean
  readonly signal: AbortSignal
  /** Told what the database has said, before the first row. */
  readonly onStart: (start: PollStart) => void
  /** Told the columns, which stay as they are until all rows have come. @throws SourceError */
  readonly onColumns: (columns: Rows) => Promise<void>
  /** Told when transactions that write to the table have been waited for that long. */
  readonly onWaiting: (waitedMs: number, processes: readonly string[]) => void
}

const WRITERS_LOOK_MS = 20
const WRITERS_LOOK_MS_MAX = 500
const WAITING_TOLD_MS = 10_000

/** The rows that are new, as chunks of what COPY writes. @throws SourceError */
export async function* newRows(poll: Poll): AsyncGenerator<Buffer, void, undefined> {
  const { database, reading, from } = poll
  const bounded = reading.bound(from)
  let bound: string | null = null
  if (bounded !== undefined) {
    const [[end = null, first] = []] = (await database.query(bounded.text, bounded.values)).rows
    if (end === null) return
    bound = end
    poll.onStart({ bound, ...(first !== undefined && { first }) })
    // Who writes now may have taken lower numbers, or earlier times, than what is committed already.
    if (poll.writersWait) await writersGone(poll)
    if (poll.signal.aborted) return
  }
  const rows = reading.rows(from, bound)
  try {
    await database.query('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY')
    // As pg_dump does: how long the rows take is for who takes them.
    await database.query('SET LOCAL statement_timeout = 0')
    // From here on the table is locked against changes of its columns.
    await poll.onColumns(await database.query(`${rows} LIMIT 0`))
    yield* database.copy(rows, poll.batchMaxRows)
  } finally {
    await database.query('ROLLBACK').catch(() => undefined)
  }
}

/**
 * Resolves when every transaction that is writing to the table now has ended. Those that begin later see
 * what these left, and get higher numbers.
 */
async function writersGone(poll: Poll): Promise<void> {
  const { signal, onWaiting } = poll
  const startMs = performance.now()
  let lookMs = WRITERS_LOOK_MS
  let toldMs = startMs
  let left = await writers(poll)
  while (left.size > 0 && !signal.aborted) {
    await sleep(lookMs, undefined, { signal }).catch(() => undefined)
    lookMs = Math.min(WRITERS_LOOK_MS_MAX, lookMs * 2)
    const now = await writers(poll)
    left = new Map([...left].filter(([transaction]) => now.has(transaction)))
    const nowMs = performance.now()
    if (left.size > 0 && nowMs - toldMs >= WAITING_TOLD_MS) {
      onWaiting(nowMs - startMs, [...left.values()])
      toldMs = nowMs
    }
  }
}

/** Process ids of the server by transaction, of those that have written to the table or are about to. */
async function writers({ database, table }: Poll): Promise<Map<string, string>> {
  const { rows } = await database.query(WRITERS, [quotedTable(table)])
  return new Map(rows.map(([transaction, process]: Row) => [transaction!, process!]))
}

const WRITERS = `
SELECT virtualtransaction::text, pid::text FROM pg_catalog.pg_locks
WHERE locktype = 'relation' AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock')
  AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
  AND (relation = to_regclass($1)::oid
    OR relation IN (SELECT relid::oid FROM pg_partition_tree(to_regclass($1))))`
