// Which segment files there are, who appends to them and how many batches of each are still in the log.
// One that nobody appends to and of which nothing is left is deleted. Each thread has its own view.
import type { Table } from '../lmdb.ts'
import { isAlive, thisProcess, type ProcessIdentity } from '../process-identity.ts'

interface SegmentRow {
  /** Batches that the log points to. */
  readonly batches: number
  /** The process that appends; nobody does when it is missing. */
  readonly owner?: ProcessIdentity
}

const NEXT_ID = Buffer.from('next-segment')

export class SegmentTable {
  readonly #table: Table
  readonly #meta: Table
  /** Batches added less those deleted in the transaction in work, by segment. */
  readonly #changes = new Map<number, number>()
  #dead: number[] = []

  constructor(table: Table, meta: Table) {
    this.#table = table
    this.#meta = meta
  }

  /** Begins a segment that this process appends to; its id is never used again. Call it in a transaction. */
  create(): number {
    const id = Number(this.#meta.get(NEXT_ID)?.toString() ?? 1)
    this.#meta.putSync(NEXT_ID, Buffer.from(`${id + 1}`))
    this.#put(id, { batches: 0, owner: thisProcess() })
    return id
  }

  /** Nobody appends to the segment any more. Call it in a transaction. */
  seal(id: number): void {
    const row = this.#get(id)
    if (row !== undefined) this.#put(id, { batches: row.batches })
  }

  /** Notes that the log points to more batches of a segment, or to fewer. */
  count(id: number, batches: number): void {
    this.#changes.set(id, (this.#changes.get(id) ?? 0) + batches)
  }

  /** Writes down what was counted. Call it at the end of the transaction. */
  flush(): void {
    for (const [id, batches] of this.#changes) {
      const row = this.#get(id)
      if (row !== undefined) this.#put(id, { ...row, batches: row.batches + batches })
    }
    this.#changes.clear()
  }

  /** Forgets what a transaction did that was undone. */
  undo(): void {
    this.#changes.clear()
    this.#dead = []
  }

  /** Segments that no longer are in the table: their files may go. */
  takeDead(): number[] {
    const dead = this.#dead
    if (dead.length > 0) this.#dead = []
    return dead
  }

  /** Seals what ended processes have left. Call it in a transaction. */
  sealAbandoned(): void {
    for (const { key, value } of [...this.#table.getRange()]) {
      const { owner } = rowOf(value)
      if (owner !== undefined && isAlive(owner) === false)
        this.seal((key as Buffer).readUInt32BE(0))
    }
  }

  has(id: number): boolean {
    return this.#get(id) !== undefined
  }

  #get(id: number): SegmentRow | undefined {
    const value = this.#table.get(keyOf(id))
    return value === undefined ? undefined : rowOf(value)
  }

  #put(id: number, row: SegmentRow): void {
    if (row.owner === undefined && row.batches === 0) {
      this.#table.removeSync(keyOf(id))
      this.#dead.push(id)
    } else {
      this.#table.putSync(keyOf(id), Buffer.from(JSON.stringify(row)))
    }
  }
}

function keyOf(id: number): Buffer {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt32BE(id, 0)
  return key
}

function rowOf(value: Buffer): SegmentRow {
  return JSON.parse(value.toString()) as SegmentRow
}
