// A table on its way into its topic: what is new since its place, row by row, committed in steps.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { SourceConfig } from '../../config/source.ts'
import { describeTable, type TableDescription } from './columns.ts'
import type { Database, Rows } from './database.ts'
import type { Output, OutputTopic } from './output.ts'
import type { Place } from './place.ts'
import { newRows, type Poll } from './poll.ts'
import { readingOf, type Left, type PollStart, type Reading } from './query.ts'
import {
  rowWriter,
  type RowWriter,
  type ValueWriter,
  type Fail,
  type WrittenColumn,
} from './row-writer.ts'

/** What reading a table takes. */
export interface TableSourceOptions {
  readonly table: string
  readonly to: OutputTopic
  readonly config: SourceConfig
  readonly output: Output
  /** There for protobuf; JSON where it is left out. */
  readonly values?: ((columns: readonly WrittenColumn[], fail: Fail) => ValueWriter) | undefined
  readonly commitIntervalMs: number
  readonly signal: AbortSignal
  readonly onWaiting: Poll['onWaiting']
  /** Told what is not read yet: at the start of a poll, with each commit, and at its end. */
  readonly onLeft: (left: Left | undefined) => void
  /** Commits what was added to the output, with this place of the table. */
  readonly commit: (table: string, place: Place) => Promise<void>
}

/** A commit comes early when so many bytes wait for it: the embedded log holds them in memory. */
const COMMIT_BYTES_MAX = 8_388_608
const ROWS_PER_LOOK = 256

/** Reads one table, poll by poll. */
export class TableSource {
  readonly #options: TableSourceOptions
  #plan: Plan | undefined
  #committedMs = 0
  /** Of the poll that goes on. */
  #start: PollStart | undefined

  constructor(options: TableSourceOptions) {
    this.#options = options
  }

  get table(): string {
    return this.#options.table
  }

  /** Looks at the columns again before the next poll: the connection is another, or the table changed. */
  forget(): void {
    this.#plan = undefined
  }

  /**
   * Reads what is new since a place, and commits it.
   * @throws SourceError, BrokerError; what was committed before stays.
   */
  async poll(database: Database, from: Place): Promise<void> {
    const { table, config, signal, onWaiting, onLeft } = this.#options
    this.#plan ??= await planOf(database, this.#options)
    const { reading } = this.#plan
    const { batchMaxRows, writersWait } = config
    const onStart = (start: PollStart): void => {
      this.#start = start
      onLeft(reading.left(from, start))
    }
    const batches = newRows({
      ...{ database, table, reading, from, batchMaxRows, writersWait, signal, onStart, onWaiting },
    })
    let last: Place | undefined
    try {
      this.#committedMs = performance.now()
      for (;;) {
        const next = batches.next()
        // A database that takes its time must not leave a transaction open meanwhile.
        if (last !== undefined && (await this.#isSlow(next))) await this.#commit(last)
        const batch = await next
        if (batch.done === true) break
        last = await this.#write(database, batch.value, last)
        await nextTurn()
        if (signal.aborted) break
      }
    } finally {
      await batches.return(undefined)
    }
    if (last !== undefined) await this.#commit(signal.aborted ? last : reading.whole(last))
    // No row is left up to the bound, whatever numbers or times lie between.
    if (!signal.aborted) onLeft(reading.none)
  }

  async #write(database: Database, batch: Rows, before: Place | undefined): Promise<Place> {
    const { to, output } = this.#options
    const { reading, write } = await this.#planFor(database, batch)
    let last = before
    let row = 0
    for (const cells of batch.rows) {
      const place = reading.placeOf(cells)
      if (row++ % ROWS_PER_LOOK === 0 && last !== undefined && this.#isDue()) {
        if (reading.isBoundary(last, place)) await this.#commit(last)
      }
      const full = output.add(to, write(cells))
      if (full !== undefined) await full
      last = place
    }
    return last!
  }

  /** Columns may have been added or changed since the table was looked at. */
  async #planFor(database: Database, batch: Rows): Promise<Plan> {
    const plan = this.#plan!
    const shape = shapeOf(batch)
    plan.shape ??= shape
    if (plan.shape === shape && plan.columns === batch.names.length - plan.reading.extra)
      return plan
    this.#plan = await planOf(database, this.#options)
    this.#plan.shape = shape
    return this.#plan
  }

  #isDue(): boolean {
    const { output, commitIntervalMs } = this.#options
    return (
      output.bytes >= COMMIT_BYTES_MAX || performance.now() - this.#committedMs >= commitIntervalMs
    )
  }

  async #isSlow(next: Promise<unknown>): Promise<boolean> {
    const timer = new AbortController()
    const late = sleep(this.#options.commitIntervalMs, true, { signal: timer.signal })
    try {
      return await Promise.race([
        late,
        next.then(
          () => false,
          () => false,
        ),
      ])
    } finally {
      timer.abort()
      late.catch(() => undefined)
    }
  }

  async #commit(place: Place): Promise<void> {
    await this.#options.commit(this.table, place)
    this.#committedMs = performance.now()
    const { reading } = this.#plan!
    if (this.#start !== undefined) this.#options.onLeft(reading.left(place, this.#start))
  }
}

interface Plan {
  readonly columns: number
  readonly reading: Reading
  readonly write: RowWriter
  /** Names and types of the columns as the rows had them. */
  shape: string | undefined
}

async function planOf(
  database: Database,
  { table, config, values }: TableSourceOptions,
): Promise<Plan> {
  const description: TableDescription = await describeTable(database, table)
  return {
    columns: description.columns.length,
    reading: readingOf(description, config),
    write: rowWriter(description, config, values),
    shape: undefined,
  }
}

const shapeOf = ({ names, types }: Rows): string =>
  names.map((name, i) => `${name} ${types[i]}`).join()
