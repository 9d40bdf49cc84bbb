// Counts as bytes: what was saved is what is read back, change upon change or as a snapshot.
import { expect } from 'chai'
import fc from 'fast-check'
import { CountPacker, restoreEntry } from '../../state/count-log.ts'
import { contentOf, keyId, restoreCount, storeOf, type CountRow } from './counts.ts'

/** An entry as it was written before: lengths in 32 bits, rows of 28 bytes. */
function wideEntry(rows: readonly CountRow[]): Uint8Array {
  const keys = [...new Set(rows.map(({ key }) => String(key)))]
  const head = Buffer.alloc(16)
  head[0] = 1
  head.writeUInt32LE(keys.length, 4)
  head.writeUInt32LE(rows.length, 8)
  const keyBytes = keys.flatMap((key) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(Buffer.byteLength(key))
    return [length, Buffer.from(key)]
  })
  const rowBytes = rows.map(({ startMs, key, count, timestampMs }) => {
    const row = Buffer.alloc(28)
    row.writeDoubleLE(startMs, 0)
    row.writeDoubleLE(count, 8)
    row.writeDoubleLE(timestampMs, 16)
    row.writeUInt32LE(keys.indexOf(String(key)), 24)
    return row
  })
  return Buffer.concat([head, ...keyBytes, ...rowBytes])
}

describe('the log of counts', () => {
  it('is empty when nothing changed', () => {
    const store = storeOf()
    expect(new CountPacker(store).packUnsaved()).to.equal(undefined)
    store.increment(0, keyId(store.keys, 'a'), 1)
    expect(new CountPacker(store).packUnsaved()).to.be.instanceOf(Uint8Array)
    expect(new CountPacker(store).packUnsaved()).to.equal(undefined)
  })

  it('restores what it packed, later entries over earlier ones', () => {
    const change = fc.record({ window: fc.nat(9), key: fc.string(), at: fc.nat(1_000) })
    const commits = fc.array(fc.array(change, { maxLength: 400 }), { maxLength: 6 })
    fc.assert(
      fc.property(commits, fc.nat(6), (all, snapshotAt) => {
        const store = storeOf()
        let log: Uint8Array[] = []
        all.forEach((changes, commit) => {
          for (const { window, key, at } of changes) {
            store.increment(window * 5, keyId(store.keys, key), at)
          }
          if (commit === snapshotAt) log = [new CountPacker(store).packSnapshot()]
          else
            log.push(
              ...[new CountPacker(store).packUnsaved()].filter((entry) => entry !== undefined),
            )
        })
        const restored = storeOf()
        const savedBytes = log.reduce((sum, { length }) => sum + length, 0)
        for (const entry of log) restoreEntry(restored, entry, savedBytes)
        expect(contentOf(restored)).to.deep.equal(contentOf(store))
        expect(restored.rows).to.equal(store.rows)
        expect(new CountPacker(restored).packUnsaved()).to.equal(undefined)
      }),
      { numRuns: 60 },
    )
  })

  it('restores what was saved before counts took as few bytes as they can', () => {
    const row = fc.record({ window: fc.nat(9), key: fc.string(), count: fc.nat() })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 600, size: 'max' }), (rows) => {
        const store = storeOf()
        for (const { window, key, count } of rows) {
          restoreCount(store, window * 5, keyId(store.keys, key), count, window + count)
        }
        const restored = storeOf()
        restoreCount(restored, 0, keyId(restored.keys, 'x'), 1, 1)
        restoreEntry(restored, wideEntry(contentOf(store)))
        restoreCount(store, 0, keyId(store.keys, 'x'), 1, 1)
        for (const { window, key, count } of rows) {
          restoreCount(store, window * 5, keyId(store.keys, key), count, window + count)
        }
        expect(contentOf(restored)).to.deep.equal(contentOf(store))
      }),
      { numRuns: 30 },
    )
  })

  it('takes 27 bytes for a key of 20 in a window of its time', () => {
    const store = storeOf()
    const startMs = 1_699_999_200_000
    for (let i = 0; i < 10_000; i++) {
      store.increment(startMs, keyId(store.keys, String(i).padStart(20, 'k')), startMs + 9)
    }
    expect(new CountPacker(store).packSnapshot().length / 10_000).to.be.within(26.9, 27.1)
  })

  it('restores any times, counts and orders of keys and windows', () => {
    const odd = fc.oneof(
      fc.nat(255),
      fc.nat(),
      fc.integer({ min: 0, max: 2 ** 50 }),
      fc.double({ min: 0, max: 2 ** 53, noNaN: true }),
    )
    const row = fc.record({
      start: odd,
      key: fc.nat(40),
      count: odd,
      at: fc.oneof(odd, fc.constant(-1)),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 600, size: 'max' }), (rows) => {
        const store = storeOf()
        for (const { start, key, count, at } of rows) {
          restoreCount(store, start, keyId(store.keys, String(key)), count, at)
        }
        const restored = storeOf()
        restoreEntry(restored, new CountPacker(store).packSnapshot())
        expect(contentOf(restored)).to.deep.equal(contentOf(store))
      }),
      { numRuns: 100 },
    )
  })

  it('restores times and counts beyond 32 bits, and keys of no and of many bytes', () => {
    const store = storeOf()
    const startMs = 5 * 2 ** 38
    for (const key of ['', 'é'.repeat(10_000)]) {
      restoreCount(store, startMs, keyId(store.keys, key), 2 ** 40 + 1, startMs + 7)
    }
    const restored = storeOf()
    restoreEntry(restored, new CountPacker(store).packSnapshot())
    expect(contentOf(restored)).to.deep.equal(contentOf(store))
  })

  it('reads entries wherever they lie in their memory', () => {
    const store = storeOf()
    store.increment(0, keyId(store.keys, 'a'), 1)
    const entry = Buffer.concat([Buffer.from('x'), new CountPacker(store).packSnapshot()]).subarray(
      1,
    )
    const restored = storeOf()
    restoreEntry(restored, entry)
    expect(contentOf(restored)).to.deep.equal(contentOf(store))
  })

  it('has a snapshot of an empty store, which takes the place of what came before', () => {
    const store = storeOf()
    store.increment(0, keyId(store.keys, 'a'), 1)
    store.dropThrough(0)
    const snapshot = new CountPacker(store).packSnapshot()
    expect(snapshot.length).to.be.greaterThan(0)
    const restored = storeOf()
    restoreEntry(restored, snapshot)
    expect(restored.rows).to.equal(0)
    expect(new CountPacker(store).packUnsaved()).to.equal(undefined)
  })

  it('leaves windows out that were closed before they were saved', () => {
    const store = storeOf()
    store.increment(0, keyId(store.keys, 'closed'), 1)
    store.increment(50, keyId(store.keys, 'open'), 51)
    store.dropThrough(0)
    const restored = storeOf()
    restoreEntry(restored, new CountPacker(store).packUnsaved()!)
    expect(contentOf(restored).map(({ key }) => key)).to.deep.equal(['open'])
  })

  it('refuses an entry of another version, and one that is cut short', () => {
    const store = storeOf()
    store.increment(0, keyId(store.keys, 'a'), 1)
    const entry = new CountPacker(store).packSnapshot()
    const other = Uint8Array.from(entry)
    other[0] = 3
    const message = 'store counts: a saved entry is not of a known version'
    for (const bytes of [other, new Uint8Array(0), entry.subarray(0, 15)]) {
      expect(() => restoreEntry(storeOf(), bytes)).to.throw(Error, message)
    }
    expect(() => restoreEntry(storeOf(), entry.subarray(0, entry.length - 1))).to.throw(Error)
  })
})
