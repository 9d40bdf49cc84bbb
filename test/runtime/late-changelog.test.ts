// At least once, what the wall clock changed in a store is written behind the results that it led to.
import { expect } from 'chai'
import { LateChangelog } from '../../runtime/late-changelog.ts'
import type { ChangelogEntry } from '../../state/changelog-record.ts'

function entryOf(number: number, bytes = Uint8Array.of(number)): ChangelogEntry {
  return { number, slot: number, isSnapshot: false, meta: new Uint8Array(), bytes }
}

describe('the changelog of a task', () => {
  const written: [string, number, number][] = []
  let isLate = false
  let changelog: LateChangelog

  beforeEach(() => {
    written.length = 0
    isLate = false
    changelog = new LateChangelog(
      (store, { number, bytes }) => written.push([store, number, bytes[0]!]),
      () => isLate,
    )
  })

  it('is written at once where input alone changes stores', () => {
    changelog.write('held', entryOf(1))
    expect([written, changelog.isWaiting]).to.deep.equal([[['held', 1, 1]], false])
  })

  it('waits until results are acknowledged where the clock does, and keeps the order and the bytes', () => {
    isLate = true
    const packed = Uint8Array.of(7)
    changelog.write('held', entryOf(1, packed))
    // The store packs again into the same memory.
    packed[0] = 8
    changelog.write('held', entryOf(2, packed))
    expect([written, changelog.isWaiting]).to.deep.equal([[], true])
    changelog.tell()
    expect(written).to.deep.equal([
      ['held', 1, 7],
      ['held', 2, 8],
    ])
    expect(changelog.isWaiting).to.equal(false)
    changelog.tell()
    expect(written, 'once').to.have.length(2)
  })
})
