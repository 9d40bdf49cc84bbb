// The lowest of many times, without a look at all of them.
import { expect } from 'chai'
import fc from 'fast-check'
import { RisingTimes } from '../../processors/rising-times.ts'

const COUNT = 5

describe('the lowest of times that rise', () => {
  it('is what a look at all of those that count finds, at any moment, with one left out too', () => {
    const at = fc.nat(COUNT - 1)
    const step = fc.oneof(
      fc.record({ at, timeMs: fc.nat(9) }),
      fc.record({ at, doesCount: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const times = new RisingTimes(COUNT)
        const model = Array.from({ length: COUNT }, () => ({ timeMs: -1, counts: true }))
        for (const each of steps) {
          const of = model[each.at]!
          if ('timeMs' in each) {
            times.raise(each.at, each.timeMs)
            of.timeMs = Math.max(of.timeMs, each.timeMs)
          } else {
            times.count(each.at, each.doesCount)
            of.counts = each.doesCount
          }
          const lowest = (except: number): number =>
            Math.min(...model.flatMap((m, i) => (m.counts && i !== except ? [m.timeMs] : [])))
          expect(times.lowestMs).to.equal(lowest(-1))
          for (let i = 0; i < COUNT; i++) expect(times.lowestBeside(i)).to.equal(lowest(i))
        }
      }),
    )
  })
})
