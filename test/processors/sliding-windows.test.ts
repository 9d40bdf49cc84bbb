// Sliding windows: each set of near records has its window, whatever order they come in.
import { expect } from 'chai'
import fc from 'fast-check'
import { milliseconds } from '../../topology/duration.ts'
import { sliding } from '../../topology/record-windows.ts'
import { inShort, records, textOf, WindowedTexts, type Input } from './windowed-results.ts'

const windows = (differenceMs: number, graceMs: number) =>
  sliding({ difference: milliseconds(differenceMs), grace: milliseconds(graceMs) })

/** What KIP-450 says about the windows of records, without any order. */
function windowsOf(inputs: readonly Input[], differenceMs: number): Map<string, string> {
  const times = [...new Set(inputs.map(({ at }) => at))]
  const starts = new Set<number>()
  for (const at of times) {
    starts.add(Math.max(0, at - differenceMs))
    if (times.some((other) => other > at && other <= at + 1 + differenceMs)) starts.add(at + 1)
  }
  const found = new Map<string, string>()
  for (const startMs of starts) {
    const endMs = startMs + differenceMs
    const inside = inputs.filter(({ at }) => at >= startMs && at <= endMs)
    found.set(
      `${startMs}-${endMs}`,
      inside
        .map(({ value }) => value)
        .sort()
        .join(''),
    )
  }
  return found
}

const input = fc.record({
  key: fc.constant('a'),
  value: fc.constantFrom('p', 'q', 'r'),
  at: fc.nat(60),
})

describe('an aggregate over sliding windows', () => {
  it('ends with the windows of the definition, in whatever order records come', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 25 }), fc.nat(15), (inputs, differenceMs) => {
        const texts = new WindowedTexts(windows(differenceMs, 1_000), 'on-update')
        const last = new Map<string, string>()
        for (const one of inputs) {
          for (const [, startMs, endMs, value] of texts.run(one)) {
            last.set(`${startMs}-${endMs}`, [...textOf(value)].sort().join(''))
          }
          if (one.at % 3 === 0) texts.restart()
        }
        expect([...last].sort()).to.deep.equal([...windowsOf(inputs, differenceMs)].sort())
        expect(texts.rows).to.equal(last.size)
      }),
      { numRuns: 300, seed: 21 },
    )
  })

  it('makes a left window for each record and a right one where a later record falls in', () => {
    const texts = new WindowedTexts(windows(10, 50), 'on-update')
    expect(inShort(texts.run(...records(['p', 20])))).to.deep.equal([[10, 20, 'p', 20]])
    expect(inShort(texts.run(...records(['q', 25])))).to.deep.equal([
      [21, 31, 'q', 25],
      [15, 25, 'pq', 25],
    ])
    expect(inShort(texts.run(...records(['r', 22])))).to.deep.equal([
      [21, 31, 'qr', 25],
      [15, 25, 'pqr', 25],
      [12, 22, 'pr', 22],
      [23, 33, 'q', 25],
    ])
  })

  it('keeps records before the first whole window in one that begins at 0', () => {
    const texts = new WindowedTexts(windows(10, 50), 'on-update')
    expect(inShort(texts.run(...records(['p', 3], ['q', 7])))).to.deep.equal([
      [0, 10, 'p', 3],
      [4, 14, 'q', 7],
      [0, 10, 'pq', 7],
    ])
  })

  it('works with a difference of 0: windows of one time', () => {
    const texts = new WindowedTexts(windows(0, 5), 'on-update')
    expect(inShort(texts.run(...records(['p', 3], ['q', 4], ['r', 3])))).to.deep.equal([
      [3, 3, 'p', 3],
      [4, 4, 'q', 4],
      [3, 3, 'pr', 3],
    ])
  })

  it('drops null keys and values, and records none of whose windows is open', () => {
    const texts = new WindowedTexts(windows(10, 5), 'on-update')
    texts.run({ key: null, value: 'p', at: 1 }, { key: 'a', value: null, at: 1 })
    texts.run(...records(['p', 100], ['q', 84]))
    expect(texts.drops).to.deep.equal(['null-key', 'null-value', 'expired-window'])
    expect(inShort(texts.run(...records(['r', 95])))).to.deep.equal([
      [90, 100, 'pr', 100],
      [85, 95, 'r', 95],
      [96, 106, 'p', 100],
    ])
  })

  it('deletes a window whose aggregate becomes null', () => {
    const texts = new WindowedTexts(windows(10, 50), 'on-update')
    texts.run(...records(['p', 20]))
    const [deleted] = texts.run(...records(['x', 20]))
    expect(deleted).to.deep.equal(['a', 10, 20, null, 'p', 20])
    expect(texts.rows).to.equal(0)
  })

  it('gives each window out once when it closes, also after a jump and a restart', () => {
    const texts = new WindowedTexts(windows(10, 5), 'on-window-close')
    expect(texts.run(...records(['p', 20], ['q', 25], ['r', 35]))).to.deep.equal([
      ['a', 10, 20, 'p', null, 20],
      ['a', 15, 25, 'pq', null, 25],
    ])
    texts.restart()
    expect(texts.run({ key: 'b', value: 's', at: 1_000 })).to.deep.equal([
      ['a', 21, 31, 'q', null, 25],
      ['a', 25, 35, 'qr', null, 35],
      ['a', 26, 36, 'r', null, 35],
    ])
    texts.restart()
    expect(texts.run({ key: 'b', value: 's', at: 1_001 })).to.deep.equal([])
    expect(texts.rows).to.be.at.most(3)
  })
})
