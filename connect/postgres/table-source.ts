// A table on its way into its topic: what is new since its place, row by row, committed in steps.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SourceConfig } from '../../config/source.ts'
import { describeTable, type TableDescription } from './columns.ts'
import { CopiedRows } from './copied-rows.ts'
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
    const onColumns = (columns: Rows): Promise<void> => this.#checkColumns(database, columns)
    const asked = { database, table, reading, from, batchMaxRows, writersWait, signal }
    const chunks = newRows({ ...asked, onStart, onColumns, onWaiting })
    let last: Place | undefined
    try {
      this.#committedMs = performance.now()
      for (;;) {
        const next = chunks.next()
        // A database that takes its time must not leave a transaction open meanwhile.
        if (last !== undefined && (await this.#isSlow(next))) await this.#commitAt(last, last)
        const chunk = await next
        if (chunk.done === true) break
        last = await this.#write(chunk.value, last)
        if (signal.aborted) break
      }
    } finally {
      await chunks.return(undefined)
    }
    if (last !== undefined) await this.#commit(signal.aborted ? last : reading.whole(last))
    // No row is left up to the bound, whatever numbers or times lie between.
    if (!signal.aborted) onLeft(reading.none)
  }

  /** @returns the place of the last row that is whole */
  async #write(chunk: Buffer, before: Place | undefined): Promise<Place | undefined> {
    const { to, output, signal, config } = this.#options
    const { reading, write, rows } = this.#plan!
    rows.take(chunk)
    let last = before
    while (!signal.aborted && rows.next()) {
      if (last !== undefined && this.#isDue()) {
        await this.#commitAt(last, reading.placeOf(rows.cells()))
      }
      let taken = 0
      do {
        const full = output.add(to, rows, write)
        if (full !== undefined) await full
        taken += 1
      } while (taken < config.batchMaxRows && rows.next())
      last = reading.placeOf(rows.cells())
      await nextTurn()
    }
    return last
  }

  /** Columns may have been added or changed since the table was looked at. */
  async #checkColumns(database: Database, columns: Rows): Promise<void> {
    const plan = this.#plan!
    const shape = shapeOf(columns)
    const isSame = (plan.shape ?? shape) === shape
    if (isSame && plan.columns === columns.names.length - plan.reading.extra) plan.shape = shape
    else this.#plan = { ...(await planOf(database, this.#options)), shape }
  }

  #isDue(): boolean {
    const { output, commitIntervalMs } = this.#options
    return (
      output.bytes >= COMMIT_BYTES_MAX || performance.now() - this.#committedMs >= commitIntervalMs
    )
  }

  /** Whether it takes as long as a transaction may stay open. */
  #isSlow(next: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.commitIntervalMs, true)
      const came = (): void => {
        clearTimeout(timer)
        resolve(false)
      }
      next.then(came, came)
    })
  }

  /** Commits what is before a row, unless a place between the two cannot be told. */
  async #commitAt(last: Place, next: Place): Promise<void> {
    if (this.#plan!.reading.isBoundary(last, next)) await this.#commit(last)
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
  readonly rows: CopiedRows
  /** Names and types of the columns as the rows had them. */
  shape: string | undefined
}

async function planOf(
  database: Database,
  { table, config, values }: TableSourceOptions,
): Promise<Plan> {
  const description: TableDescription = await describeTable(database, table)
  const columns = description.columns.length
  const reading = readingOf(description, config)
  return {
    columns,
    reading,
    rows: new CopiedRows(columns + reading.extra),
    write: rowWriter(description, config, values),
    shape: undefined,
  }
}

const shapeOf = ({ names, types }: Rows): string =>
  names.map((name, i) => `${name} ${types[i]}`).join()
