// Entries of stores as records of a changelog: what is put together is what was cut.
import { expect } from 'chai'
import { withOffsets, unpack } from '../../broker/packed-batch.ts'
import { keyOf, valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import type { RecordBatch } from '../../broker/record-batch.ts'
import { CHANGELOG_START, placeAfter } from '../../state/changelog.ts'
import { EntryAssembler, writeEntry, type ChangelogEntry } from '../../state/changelog-record.ts'

const bytesOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff)
const entryOf = (number: number, fields: Partial<ChangelogEntry> = {}): ChangelogEntry => ({
  number,
  slot: number,
  isSnapshot: false,
  meta: new TextEncoder().encode(`{"streamTimeMs":${number}}`),
  bytes: bytesOf(10, number),
  ...fields,
})

function recordsOf(...entries: readonly ChangelogEntry[]): RecordBatch {
  const rows = new RecordBatchBuilder()
  for (const entry of entries) writeEntry(rows, entry, 1_000)
  const offsets = Array.from({ length: rows.count }, (_, i) => i)
  return unpack(withOffsets(rows.pack(), offsets))
}

function assembled(batch: RecordBatch, rows = [...Array(batch.count).keys()]): ChangelogEntry[] {
  const assembler = new EntryAssembler()
  return rows.flatMap((row) => assembler.add(batch, row) ?? [])
}

const plain = (entries: readonly ChangelogEntry[]): object[] =>
  entries.map(({ meta, bytes, ...rest }) => ({
    ...rest,
    meta: new TextDecoder().decode(meta),
    bytes: Buffer.from(bytes).toString('hex'),
  }))

/** As who reads it has it. */
const at = (offset: number, entry: ChangelogEntry): ChangelogEntry => ({
  nextSlot: entry.isSnapshot ? 0 : undefined,
  nextSnapshot: undefined,
  ...entry,
  offset,
})

describe('a changelog', () => {
  const small = entryOf(1)
  const large = entryOf(2, { bytes: bytesOf(1_500_000, 7), isSnapshot: true, slot: 1 })
  const empty = entryOf(3, { bytes: new Uint8Array(0) })

  it('gives its entries back as they were, whatever their size', () => {
    const batch = recordsOf(small, large, empty)
    expect(batch.count).to.equal(5)
    const read = [at(0, small), at(1, large), at(4, empty)]
    expect(plain(assembled(batch))).to.deep.equal(plain(read))
  })

  it('tells the slot behind a snapshot and behind the end of a round, and the place of the next snapshot', () => {
    const low = entryOf(1, { isSnapshot: true, slot: 3, nextSlot: 5 * 2 ** 18 })
    const high = entryOf(2, {
      nextSnapshot: 4,
      slot: 5 * 2 ** 18,
      nextSlot: 2 ** 31 + 5 * 2 ** 18,
    })
    const first = entryOf(3, { slot: 2 ** 31 + 7, nextSlot: 0 })
    const batch = recordsOf(low, high, first)
    expect(plain(assembled(batch))).to.deep.equal(plain([at(0, low), at(1, high), at(2, first)]))
    const keys = [0, 1, 2].map((row) => Buffer.from(keyOf(batch, row) ?? []).toString())
    expect(keys).to.deep.equal(['snapshot-3-0', 'changes-1310720-0', 'changes-2147483655-0'])
  })

  it('reads what ended a round in former versions', () => {
    const batch = recordsOf(
      entryOf(1, { slot: 2, nextSlot: 0 }),
      entryOf(2, { slot: 0, nextSlot: 0 }),
    )
    for (let row = 0; row < 2; row++) valueOf(batch, row)![0] = 2
    valueOf(batch, 0)![1] = 2
    expect(assembled(batch).map(({ nextSlot }) => nextSlot)).to.deep.equal([2 ** 31, 0])
  })

  it('has keys that repeat, so that compaction keeps the latest', () => {
    const batch = recordsOf(entryOf(9, { slot: 4 }), large)
    const keys = [0, 1, 2, 3].map((row) => Buffer.from(keyOf(batch, row) ?? []).toString())
    expect(keys).to.deep.equal(['changes-4-0', 'snapshot-1-0', 'snapshot-1-1', 'snapshot-1-2'])
  })

  it('passes over parts of which others are missing, wherever those were', () => {
    const batch = recordsOf(small, large, empty)
    expect(plain(assembled(batch, [0, 2, 3, 4]))).to.deep.equal(plain([at(0, small), at(4, empty)]))
    expect(plain(assembled(batch, [0, 1, 3, 4]))).to.deep.equal(plain([at(0, small), at(4, empty)]))
    expect(plain(assembled(batch, [0, 1, 2, 4]))).to.deep.equal(plain([at(0, small), at(4, empty)]))
  })

  it('names the record that is none of its own', () => {
    const rows = new RecordBatchBuilder()
    rows.append(Buffer.from('alien'), Buffer.from('{}'), 1)
    const batch = unpack(withOffsets(rows.pack(), [17]))
    expect(() => assembled(batch)).to.throw('offset 17 (key "alien")')
  })

  it('lets snapshots take two places in turn, and changes begin anew behind each', () => {
    let place = CHANGELOG_START
    const slots: [boolean, number][] = []
    for (const isSnapshot of [false, false, true, false, true, false]) {
      const slot = isSnapshot ? place.nextSnapshot : place.nextSlot
      slots.push([isSnapshot, slot])
      place = placeAfter(place, { number: place.number + 1, slot, isSnapshot })
    }
    expect(slots).to.deep.equal([
      [false, 0],
      [false, 1],
      [true, 0],
      [false, 0],
      [true, 1],
      [false, 0],
    ])
    expect(place.number).to.equal(6)
  })
})
