// The event time that a source task vouches for: its own while it has input, that of others when idle.
import { expect } from 'chai'
import { SourceAlignment } from '../../runtime/alignment.ts'
import { SourceClock } from '../../runtime/source-clock.ts'

function clocks() {
  const alignment = new SourceAlignment(SourceAlignment.allocate(2), 2, -1)
  return { alignment, clock: new SourceClock(alignment) }
}

describe('the clock of a source task', () => {
  it('is its stream time while it has input, and never falls', () => {
    const { clock } = clocks()
    expect(clock.timeMs).to.equal(-1)
    clock.active(50, 0)
    clock.active(40, 0)
    expect(clock.timeMs).to.equal(50)
  })

  it('follows the others half a second late while it has none', () => {
    const { alignment, clock } = clocks()
    clock.active(50, 0)
    alignment.reached(1, 900)
    clock.idle(1_000, false)
    expect(clock.timeMs).to.equal(50)
    alignment.reached(1, 1_000)
    clock.idle(1_499, false)
    expect(clock.timeMs).to.equal(50)
    clock.idle(1_500, false)
    expect(clock.timeMs).to.equal(900)
    clock.idle(2_000, false)
    expect(clock.timeMs).to.equal(1_000)
  })

  it('begins to wait anew when rows came in between', () => {
    const { alignment, clock } = clocks()
    alignment.reached(1, 900)
    clock.idle(1_000, false)
    clock.active(60, 0)
    clock.idle(1_600, false)
    expect(clock.timeMs).to.equal(60)
  })

  it('follows the others at once when it will not look again', () => {
    const { alignment, clock } = clocks()
    alignment.reached(1, 900)
    clock.idle(1_000, true)
    expect(clock.timeMs).to.equal(900)
    expect(clock.isLatestTold).to.equal(false)
    expect(clock.isDue(1_000, true)).to.equal(true)
    expect(clock.isLatestTold).to.equal(true)
  })

  it('is told when it moved, at most twice a second unless it is urgent', () => {
    const { clock } = clocks()
    expect(clock.isDue(1_000, true)).to.equal(false)
    clock.active(50, 0)
    expect(clock.isDue(1_000, false)).to.equal(true)
    expect(clock.isDue(5_000, true)).to.equal(false)
    clock.active(60, 0)
    expect(clock.isDue(1_499, false)).to.equal(false)
    expect(clock.isDue(1_499, true)).to.equal(true)
    clock.active(70, 0)
    expect(clock.isDue(1_999, false)).to.equal(true)
  })
})
