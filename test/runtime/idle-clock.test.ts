// When event time goes on without records, and how far.
import { expect } from 'chai'
import { IdleClock } from '../../runtime/idle-clock.ts'

describe('the idle clock of a task', () => {
  it('goes on with the wall clock from the last record, when none has come for so long', () => {
    const clock = new IdleClock({ afterMs: 5_000, everyMs: 0 }, 100)
    clock.active(1_000)
    expect(clock.idle(70, 5_999)).to.equal(undefined)
    expect(clock.idle(70, 6_000)).to.equal(5_070)
    expect(clock.idle(5_070, 6_001)).to.equal(5_071)
  })

  it('begins anew with each record', () => {
    const clock = new IdleClock({ afterMs: 5_000, everyMs: 0 }, 0)
    clock.active(1_000)
    expect(clock.idle(70, 6_000)).to.equal(5_070)
    clock.active(6_500)
    expect(clock.idle(5_070, 11_499)).to.equal(undefined)
    expect(clock.idle(5_070, 11_500)).to.equal(10_070)
  })

  it('counts from the start on where nothing has come since, and makes up for nothing', () => {
    const clock = new IdleClock({ afterMs: 5_000, everyMs: 0 }, 90_000)
    expect(clock.idle(5_070, 94_999)).to.equal(undefined)
    expect(clock.idle(5_070, 95_000)).to.equal(10_070)
  })

  it('has no time where no record ever came', () => {
    const clock = new IdleClock({ afterMs: 5_000, everyMs: 0 }, 0)
    expect(clock.idle(-1, 4_999)).to.equal(undefined)
    expect(clock.idle(-1, 50_000)).to.equal(-1)
  })

  it('never falls behind what frames have told meanwhile', () => {
    const clock = new IdleClock({ afterMs: 10, everyMs: 0 }, 0)
    expect(clock.idle(100, 5)).to.equal(undefined)
    expect(clock.idle(900, 20)).to.equal(900)
  })

  it('moves once a second: each move is told and saved', () => {
    const clock = new IdleClock({ afterMs: 1_500 }, 0)
    const moves: number[] = []
    for (let nowMs = 0; nowMs <= 5_000; nowMs += 100) {
      const timeMs = clock.idle(0, nowMs)
      if (timeMs !== undefined) moves.push(timeMs)
    }
    expect(moves).to.deep.equal([1_500, 2_500, 3_500, 4_500])
  })

  it('takes a standstill of the process for no silence', () => {
    const clock = new IdleClock({ afterMs: 5_000 }, 0)
    clock.active(1_000)
    expect(clock.idle(70, 4_000)).to.equal(undefined)
    expect(clock.idle(70, 3_600_000)).to.equal(undefined)
    expect(clock.idle(70, 3_604_999)).to.equal(undefined)
    expect(clock.idle(70, 3_605_000)).to.equal(5_070)
  })
})
