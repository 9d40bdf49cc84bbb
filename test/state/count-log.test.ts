// Counts as bytes: what was saved is what is read back, change upon change or as a snapshot.
import { expect } from 'chai'
import fc from 'fast-check'
import { CountPacker, restoreEntry } from '../../state/count-log.ts'
import { contentOf, keyId, storeOf } from './counts.ts'

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
        for (const entry of log) restoreEntry(restored, entry)
        expect(contentOf(restored)).to.deep.equal(contentOf(store))
        expect(restored.rows).to.equal(store.rows)
        expect(new CountPacker(restored).packUnsaved()).to.equal(undefined)
      }),
      { numRuns: 60 },
    )
  })

  it('restores times and counts beyond 32 bits, and keys of no and of many bytes', () => {
    const store = storeOf()
    const startMs = 5 * 2 ** 38
    for (const key of ['', 'é'.repeat(10_000)]) {
      store.restore(startMs, keyId(store.keys, key), 2 ** 40 + 1, startMs + 7)
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
    other[0] = 2
    const message = 'store counts: a saved entry is not of a known version'
    for (const bytes of [other, new Uint8Array(0), entry.subarray(0, 15)]) {
      expect(() => restoreEntry(storeOf(), bytes)).to.throw(Error, message)
    }
    expect(() => restoreEntry(storeOf(), entry.subarray(0, entry.length - 1))).to.throw(Error)
  })
})
