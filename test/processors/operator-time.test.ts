// The event time that windowed operators go by: of the rows that reach them, held back by slow writers.
import { expect } from 'chai'
import { EventTimeLimits, OperatorTime } from '../../processors/operator-time.ts'

describe('the time of an operator', () => {
  it('behind a source is that of the latest row that reached it', () => {
    const limits = new EventTimeLimits()
    limits.addSource()
    const [one, other] = [new OperatorTime(limits), new OperatorTime(limits)]
    expect(one.nowMs).to.equal(-1)
    expect([5, 9, 7].map((timeMs) => one.advance(timeMs))).to.deep.equal([5, 9, 9])
    expect(other.catchUp()).to.equal(-1)
  })

  it('goes no further than what other writers may still send, and catches up when they have told', () => {
    const limits = new EventTimeLimits()
    limits.addTopic('in')
    const time = new OperatorTime(limits)
    limits.rowLimitMs = 10
    expect(time.advance(50)).to.equal(10)
    limits.tell('in', 30, -1)
    expect(time.catchUp()).to.equal(30)
    // All writers are beyond it, but no row of that time came here.
    limits.tell('in', 80, -1)
    expect(time.catchUp()).to.equal(50)
  })

  it('goes on without rows as far as all writers vouch for', () => {
    const limits = new EventTimeLimits()
    limits.addTopic('one')
    limits.addTopic('other')
    const time = new OperatorTime(limits)
    limits.tell('one', 100, 90)
    expect(time.catchUp()).to.equal(-1)
    limits.tell('other', 100, 70)
    expect(time.catchUp()).to.equal(70)
    limits.addSource()
    limits.tell('other', 100, 95)
    expect(time.catchUp(), 'nobody vouches for a source').to.equal(70)
  })

  it('is not that of the task, which goes on without rows as far as all have told, beside a source not', () => {
    const limits = new EventTimeLimits()
    limits.addTopic('one')
    limits.addTopic('other')
    limits.addTopic('answers', false)
    limits.tell('one', 100, -1)
    expect(limits.reachedMs).to.equal(-1)
    limits.tell('other', 70, -1)
    expect(limits.reachedMs).to.equal(70)
    limits.addSource()
    expect(limits.reachedMs).to.equal(-1)
  })

  it('is what it was after a restart', () => {
    const time = new OperatorTime(new EventTimeLimits())
    time.restore(40)
    expect(time.advance(30)).to.equal(40)
    expect(time.advance(41)).to.equal(41)
  })
})
