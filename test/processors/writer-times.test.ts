// Stream time over several writers: the slowest decides, as long as it is heard of.
import { expect } from 'chai'
import { WriterTimes } from '../../processors/writer-times.ts'

/** A writer says how far it is, at a wall clock. */
function speak(times: WriterTimes, writer: number, timeMs: number, sentAtMs: number): number {
  times.heard(writer, sentAtMs)
  times.told(writer, timeMs)
  return times.streamTimeMs
}

describe('the times of writers', () => {
  it('are the highest that the only writer has told', () => {
    const times = new WriterTimes(1)
    expect(times.streamTimeMs).to.equal(-1)
    expect(speak(times, 0, 100, 0)).to.equal(100)
    expect(speak(times, 0, 50, 1)).to.equal(100)
    expect(times.limitBeside(0)).to.equal(Infinity)
  })

  it('stand still until every writer was heard of, and then go with the slowest', () => {
    const times = new WriterTimes(3)
    expect(speak(times, 0, 100, 1_000)).to.equal(-1)
    expect(speak(times, 1, 200, 1_001)).to.equal(-1)
    expect(speak(times, 2, 50, 1_002)).to.equal(50)
    expect(times.limitBeside(2)).to.equal(100)
    expect(times.limitBeside(0)).to.equal(50)
    expect(speak(times, 2, 300, 1_003)).to.equal(100)
  })

  it('wait no longer than five minutes of the writers’ clock for one that is silent', () => {
    const times = new WriterTimes(2)
    speak(times, 0, 10, 1_000)
    speak(times, 1, 20, 1_000)
    expect(speak(times, 1, 500, 301_000)).to.equal(10)
    expect(speak(times, 1, 600, 301_001)).to.equal(600)
    expect(speak(times, 0, 11, 301_002)).to.equal(11)
  })

  it('wait for one that was killed again before it could speak', () => {
    const times = new WriterTimes(2)
    speak(times, 0, 10, 1_000)
    for (const sentAtMs of [1_000, 10_000, 18_000, 27_000, 75_000]) {
      expect(speak(times, 1, sentAtMs, sentAtMs)).to.equal(10)
    }
  })

  it('give each writer time to speak after all were silent', () => {
    const times = new WriterTimes(2)
    speak(times, 0, 10, 1_000)
    speak(times, 1, 20, 1_000)
    expect(speak(times, 1, 500, 400_000)).to.equal(10)
    expect(speak(times, 1, 550, 600_000)).to.equal(10)
    expect(speak(times, 1, 600, 700_001)).to.equal(600)
  })

  it('are saved and restored, for another number of writers too', () => {
    const times = new WriterTimes(2)
    speak(times, 0, 10, 1_000)
    speak(times, 1, 20, 1_000)
    expect(times.save()).to.deep.equal({ told: [10, 20], vouched: [10, 20] })
    for (const [writers, expected] of [
      [1, 10],
      [2, 10],
      [3, -1],
    ] as const) {
      const restored = new WriterTimes(writers)
      restored.restore(times.save())
      expect(restored.streamTimeMs).to.equal(expected)
    }
  })

  it('are short where most writers are as far as the others', () => {
    const times = new WriterTimes(1_000)
    for (let writer = 2; writer < 990; writer++) speak(times, writer, writer < 500 ? 7 : 9, 1_000)
    const saved = times.save()
    expect(saved.told).to.have.length.below(10)
    const restored = new WriterTimes(1_000)
    restored.restore(JSON.parse(JSON.stringify(saved)) as typeof saved)
    expect(restored.save()).to.deep.equal(saved)
    expect(restored.streamTimeMs).to.equal(-1)
    for (const writer of [0, 1, ...Array.from({ length: 10 }, (_, i) => 990 + i)])
      speak(restored, writer, 8, 2_000)
    expect(restored.streamTimeMs).to.equal(7)
  })

  it('are short where writers of several threads have come to a time each', () => {
    const times = new WriterTimes(1_000)
    for (let writer = 0; writer < 1_000; writer++) speak(times, writer, 1e12 + (writer % 3), 1_000)
    const saved = JSON.stringify(times.save())
    expect(saved.length).to.be.lessThan(2_200)
    const restored = new WriterTimes(1_000)
    restored.restore(JSON.parse(saved) as ReturnType<WriterTimes['save']>)
    expect(JSON.stringify(restored.save())).to.equal(saved)
    expect([restored.streamTimeMs, restored.vouchedMs]).to.deep.equal([1e12, 1e12])
  })

  it('are taken up as a version before wrote them, one by one', () => {
    const times = new WriterTimes(4)
    times.restore({ told: [5, 5, 5, -1], vouched: [4, 4, 4, -1] })
    speak(times, 3, 9, 1_000)
    expect([times.streamTimeMs, times.vouchedMs]).to.deep.equal([5, 4])
  })

  it('refuse a writer that nobody knows of', () => {
    const times = new WriterTimes(2)
    expect(() => times.heard(2, 0)).to.throw('written by task 2 of 2: restart')
  })
})
