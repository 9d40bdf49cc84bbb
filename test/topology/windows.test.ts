// Window arithmetic: borders, the epoch, and every timestamp against a naive definition.
import { expect } from 'chai'
import fc from 'fast-check'
import { hours, milliseconds, minutes } from '../../topology/duration.ts'
import { TopologyError } from '../../topology/errors.ts'
import {
  firstWindowStart,
  hopping,
  tumbling,
  windowsFor,
  type TimeWindows,
} from '../../topology/windows.ts'

const grace = milliseconds(0)
const tumblingBy = (size: number): TimeWindows => tumbling({ size: milliseconds(size), grace })
const hoppingBy = (size: number, advance: number): TimeWindows =>
  hopping({ size: milliseconds(size), advance: milliseconds(advance), grace })
const starts = (timestampMs: number, windows: TimeWindows): number[] =>
  windowsFor(timestampMs, windows).map(({ startMs }) => startMs)

describe('the windows of a timestamp', () => {
  const cases: readonly [what: string, windows: TimeWindows, timestampMs: number, number[]][] = [
    ['tumbling, at the epoch', tumblingBy(10), 0, [0]],
    ['tumbling, last millisecond of the first', tumblingBy(10), 9, [0]],
    ['tumbling, at the border', tumblingBy(10), 10, [10]],
    ['tumbling, after the border', tumblingBy(10), 11, [10]],
    ['tumbling, of one millisecond', tumblingBy(1), 7, [7]],
    ['hopping, at the epoch', hoppingBy(10, 5), 0, [0]],
    ['hopping, before the second opens', hoppingBy(10, 5), 4, [0]],
    ['hopping, where the second opens', hoppingBy(10, 5), 5, [0, 5]],
    ['hopping, before the first ends', hoppingBy(10, 5), 9, [0, 5]],
    ['hopping, where the first ends', hoppingBy(10, 5), 10, [5, 10]],
    ['hopping, after it', hoppingBy(10, 5), 11, [5, 10]],
    ['an advance that does not divide the size, before', hoppingBy(10, 3), 9, [0, 3, 6, 9]],
    ['an advance that does not divide the size, at', hoppingBy(10, 3), 10, [3, 6, 9]],
    ['an advance that does not divide the size, after', hoppingBy(10, 3), 12, [3, 6, 9, 12]],
    ['an advance near the size leaves one or two', hoppingBy(10, 9), 8, [0]],
    ['an advance near the size, where two overlap', hoppingBy(10, 9), 9, [0, 9]],
    ['an advance near the size, behind the overlap', hoppingBy(10, 9), 10, [9]],
    ['an advance of the size is tumbling', hoppingBy(10, 10), 10, [10]],
    ['before the epoch there are none', hoppingBy(10, 5), -1, []],
  ]
  for (const [what, windows, timestampMs, expected] of cases) {
    it(`${what} (${timestampMs})`, () => expect(starts(timestampMs, windows)).to.eql(expected))
  }

  it('reach from their start to their start and size', () => {
    expect(windowsFor(7, hoppingBy(10, 5))).to.deep.equal([
      { startMs: 0, endMs: 10 },
      { startMs: 5, endMs: 15 },
    ])
  })

  it('are those that a naive search finds', () => {
    const spec = fc.integer({ min: 1, max: 300 }).chain((size) =>
      fc.record({
        windows: fc.integer({ min: 1, max: size }).map((advance) => hoppingBy(size, advance)),
        timestampMs: fc.integer({ min: 0, max: 2_000 }),
      }),
    )
    fc.assert(
      fc.property(spec, ({ windows, timestampMs }) => {
        const { sizeMs, advanceMs } = windows
        const expected: number[] = []
        for (let startMs = 0; startMs <= timestampMs; startMs += advanceMs) {
          if (timestampMs < startMs + sizeMs) expected.push(startMs)
        }
        expect(starts(timestampMs, windows)).to.eql(expected)
        expect(firstWindowStart(timestampMs, windows)).to.equal(expected[0])
      }),
      { numRuns: 500 },
    )
  })

  it('are found for times of today without losing a millisecond', () => {
    const spec = hopping({ size: hours(1), advance: minutes(10), grace: hours(1) })
    const midnightMs = Date.UTC(2026, 0, 1)
    expect(starts(midnightMs, spec)).to.have.length(6)
    expect(starts(midnightMs, spec).at(-1)).to.equal(midnightMs)
    expect(starts(midnightMs - 1, spec).at(-1)).to.equal(midnightMs - 600_000)
  })
})

describe('a windows spec', () => {
  it('is frozen and says what it was made of', () => {
    const spec = hopping({ size: hours(1), advance: minutes(10), grace: minutes(5) })
    expect(spec).to.deep.equal({
      kind: 'time-windows',
      sizeMs: 3_600_000,
      advanceMs: 600_000,
      graceMs: 300_000,
    })
    expect(Object.isFrozen(spec)).to.equal(true)
  })

  it('refuses a size of zero', () => {
    expect(() => tumblingBy(0)).to.throw(TopologyError, 'tumbling: the size of a window')
  })

  it('refuses an advance of zero or beyond the size', () => {
    expect(() => hoppingBy(10, 0)).to.throw(TopologyError, 'at most the size (10 ms), not 0 ms')
    expect(() => hoppingBy(10, 11)).to.throw(TopologyError, 'not 11 ms')
  })
})
