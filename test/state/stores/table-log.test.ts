// What is left of a log whose rounds and snapshots drop what came before them, against a Map.
import { expect } from 'chai'
import { ByteTable } from '../../../state/stores/byte-table.ts'
import { TableLog } from '../../../state/stores/table-log.ts'
import { bytesOf, numbers } from './numbers.ts'

const KEYS = 300
const STEPS = 1_000

/** A table whose log is kept as `EntryLog` and the readers of a changelog do it. */
class LoggedTable {
  readonly model = new Map<string, string>()
  kept: Uint8Array[] = []
  /** How many rounds have ended, and bytes that were packed for all of it. */
  rounds = 0
  packedBytes = 0
  readonly #table = new ByteTable()
  readonly #log = new TableLog('store', this.#table)
  /** How many of those that are kept are up to the last one with which the table was whole. */
  #through = 0

  put(name: string, value: string): void {
    const key = bytesOf(name)
    this.#table.set(key, 0, key.length, bytesOf(value), value.length, 1)
    this.model.set(name, value)
  }

  remove(name: string): void {
    const key = bytesOf(name)
    const held = this.#table.find(key, 0, key.length)
    if (held >= 0) this.#table.remove(held)
    this.model.delete(name)
  }

  pack(isSnapshot: boolean): void {
    const bytes = this.#log.pack(isSnapshot)
    if (bytes === undefined) return
    if (isSnapshot) this.kept = []
    this.#keep(bytes)
    if (isSnapshot) this.#through = 1
  }

  packRound(): boolean {
    const packed = this.#log.packRound()
    if (packed === undefined) return false
    if (packed.isEnd) {
      this.rounds += 1
      this.kept = this.kept.slice(this.#through)
    }
    this.#keep(packed.bytes)
    if (packed.isEnd) this.#through = this.kept.length
    return packed.isEnd
  }

  #keep(bytes: Uint8Array): void {
    this.kept.push(bytes.slice())
    this.packedBytes += bytes.length
  }
}

function restored(kept: readonly Uint8Array[]): Map<string, string> {
  const table = new ByteTable()
  const log = new TableLog('store', table)
  const savedBytes = kept.reduce((sum, { length }) => sum + length, 0)
  for (const bytes of kept) log.restore(bytes, savedBytes)
  const held = new Map<string, string>()
  const { entries } = table
  table.forEach((entry) => {
    const page = Buffer.from(entries.pageOf(entry))
    const keyEnd = entries.keyEnd(entry)
    const key = page.toString('utf8', entries.keyStart(entry), keyEnd)
    held.set(key, page.toString('utf8', keyEnd, entries.valueEnd(entry)))
  })
  return held
}

/** Changes some keys at random, one of five times by deleting one. */
function change(table: LoggedTable, below: (below: number) => number, step: number): void {
  for (let left = below(12); left > 0; left--) {
    const name = `key-${below(KEYS)}`
    if (below(5) === 0) table.remove(name)
    else table.put(name, String(step).repeat(1 + below(8)))
  }
}

describe('the log of a table that is packed round after round', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`has all of it behind what rounds and snapshots drop (seed ${seed})`, () => {
      const table = new LoggedTable()
      const below = numbers(seed)
      for (let step = 0; step < STEPS; step++) {
        change(table, below, step)
        const kind = below(40)
        if (kind === 0) table.pack(true)
        else if (kind < 4) table.pack(false)
        else table.packRound()
        if (step % 7 !== 0) continue
        expect(restored(table.kept), `step ${step}`).to.deep.equal(table.model)
      }
      expect(table.rounds).to.be.greaterThan(STEPS / 100)
    })
  }

  it('ends a round of a table that grows when all that was there as it began is packed', () => {
    const table = new LoggedTable()
    let ends = 0
    for (let key = 0; key < 4_096; key++) {
      table.put(`key-${String(key).padStart(5, '0')}`, 'value')
      if (table.packRound()) ends += 1
    }
    // As often as it doubles; a round that had to come by what is added meanwhile would never end.
    expect(ends).to.be.within(11, 14)
  })

  it('packs nothing twice in a round', () => {
    const table = new LoggedTable()
    for (let key = 0; key < 1_000; key++) table.put(`key-${key}`, 'value')
    table.pack(false)
    table.packedBytes = 0
    table.pack(true)
    const wholeBytes = table.packedBytes
    table.packedBytes = 0
    let key = 999
    do {
      // What changes is what the round would come to last.
      for (let left = 10; left > 0; left--) table.put(`key-${key--}`, 'other')
    } while (!table.packRound())
    expect(table.packedBytes).to.be.within(0.9 * wholeBytes, 1.2 * wholeBytes)
  })
})
