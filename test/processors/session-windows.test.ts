// Sessions: records within the gap of each other are together, whatever order they come in.
import { expect } from 'chai'
import fc from 'fast-check'
import { milliseconds } from '../../topology/duration.ts'
import { session } from '../../topology/record-windows.ts'
import { inShort, records, textOf, WindowedTexts, type Input } from './windowed-results.ts'

const windows = (gapMs: number, graceMs: number) =>
  session({ gap: milliseconds(gapMs), grace: milliseconds(graceMs) })

/** The sessions of records, found by sorting them. */
function sessionsOf(inputs: readonly Input[], gapMs: number): string[] {
  const sessions: Input[][] = []
  for (const one of [...inputs].sort((first, second) => first.at - second.at)) {
    const last = sessions.at(-1)
    if (last !== undefined && one.at - last.at(-1)!.at <= gapMs) last.push(one)
    else sessions.push([one])
  }
  return sessions.map((inside) => {
    const values = inside.map(({ value }) => value).sort()
    return `${inside[0]!.at}-${inside.at(-1)!.at}=${values.join('')}`
  })
}

const input = fc.record({
  key: fc.constant('a'),
  value: fc.constantFrom('p', 'q', 'r'),
  at: fc.nat(80),
})

describe('an aggregate over sessions', () => {
  it('ends with the sessions of the definition, in whatever order records come', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 25 }), fc.nat(9), (inputs, gapMs) => {
        const texts = new WindowedTexts(windows(gapMs, 1_000), 'on-update')
        const last = new Map<string, string>()
        for (const one of inputs) {
          for (const [, startMs, endMs, value] of texts.run(one)) {
            if (value === null) last.delete(`${startMs}-${endMs}`)
            else last.set(`${startMs}-${endMs}`, [...textOf(value)].sort().join(''))
          }
          if (one.at % 3 === 0) texts.restart()
        }
        const found = [...last].map(([bounds, value]) => `${bounds}=${value}`)
        expect(found.sort()).to.deep.equal(sessionsOf(inputs, gapMs).sort())
        expect(texts.rows).to.equal(last.size)
      }),
      { numRuns: 300, seed: 22 },
    )
  })

  it('deletes the sessions that a record joins, then puts the one that they become', () => {
    const texts = new WindowedTexts(windows(10, 50), 'on-update')
    texts.run(...records(['p', 20], ['q', 40]))
    expect(texts.run(...records(['r', 30]))).to.deep.equal([
      ['a', 20, 20, null, 'p', 20],
      ['a', 40, 40, null, 'q', 40],
      ['a', 20, 40, 'pqr', null, 40],
    ])
  })

  it('updates a session of one time in place', () => {
    const texts = new WindowedTexts(windows(10, 50), 'on-update')
    expect(inShort(texts.run(...records(['p', 20], ['q', 20])))).to.deep.equal([
      [20, 20, 'p', 20],
      [20, 20, 'pq', 20],
    ])
  })

  it('merges at a distance of the gap and not beyond', () => {
    const texts = new WindowedTexts(windows(10, 50), 'on-update')
    texts.run(...records(['p', 20]))
    expect(inShort(texts.run(...records(['q', 31])))).to.deep.equal([[31, 31, 'q', 31]])
    expect(inShort(texts.run(...records(['r', 41]))).at(-1)).to.deep.equal([31, 41, 'qr', 41])
  })

  it('takes an old record that touches an open session, and drops one that touches none', () => {
    const texts = new WindowedTexts(windows(10, 0), 'on-update')
    texts.run(...records(['p', 20], ['q', 30]))
    expect(inShort(texts.run(...records(['r', 19]))).at(-1)).to.deep.equal([19, 30, 'pqr', 30])
    texts.run({ key: 'b', value: 's', at: 19 }, { key: null, value: 's', at: 19 })
    expect(texts.drops).to.deep.equal(['expired-window', 'null-key'])
    // One that ends just when it would close is still open.
    texts.run({ key: 'b', value: 's', at: 40 })
    expect(inShort(texts.run(...records(['t', 20]))).at(-1)).to.deep.equal([19, 30, 'pqrt', 30])
  })

  it('gives each session out once when it closes, also after a jump and a restart', () => {
    const texts = new WindowedTexts(windows(10, 5), 'on-window-close')
    expect(texts.run(...records(['p', 20], ['q', 25], ['r', 40]))).to.deep.equal([])
    expect(texts.run({ key: 'b', value: 's', at: 41 })).to.deep.equal([
      ['a', 20, 25, 'pq', null, 25],
    ])
    texts.restart()
    expect(texts.run({ key: 'b', value: 't', at: 1_000 })).to.deep.equal([
      ['a', 40, 40, 'r', null, 40],
      ['b', 41, 41, 's', null, 41],
    ])
    texts.restart()
    expect(texts.run({ key: 'c', value: 'u', at: 1_001 })).to.deep.equal([])
    expect(texts.rows).to.equal(2)
  })
})
