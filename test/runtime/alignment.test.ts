// Alignment of partitions in event time: who waits for whom, and that somebody can always go on.
import { expect } from 'chai'
import fc from 'fast-check'
import { SourceAlignment } from '../../runtime/alignment.ts'

const aligned = (slots: number, driftMs: number): SourceAlignment =>
  new SourceAlignment(SourceAlignment.allocate(slots), slots, driftMs)

describe('the alignment of partitions', () => {
  it('lets each run to the slowest other one and the drift', () => {
    const alignment = aligned(3, 100)
    alignment.behind(0, 1_000)
    alignment.behind(1, 500)
    alignment.behind(2, 700)
    expect([0, 1, 2].map((slot) => alignment.limitFor(slot))).to.deep.equal([600, 800, 600])
  })

  it('has nobody wait for a partition without rows', () => {
    const alignment = aligned(2, 100)
    expect(alignment.limitFor(0)).to.equal(Infinity)
    alignment.behind(1, 500)
    expect(alignment.limitFor(0)).to.equal(600)
    alignment.idle(1)
    expect(alignment.limitFor(0)).to.equal(Infinity)
  })

  it('has all wait for a partition that has not begun', () => {
    const alignment = aligned(2, 100)
    alignment.behind(0, -Infinity)
    expect(alignment.limitFor(1)).to.equal(-Infinity)
    expect(alignment.limitFor(0)).to.equal(Infinity)
  })

  it('is off with a negative drift, and alone there is nobody to wait for', () => {
    const alignment = aligned(2, -1)
    alignment.behind(1, 0)
    expect(alignment.limitFor(0)).to.equal(Infinity)
    expect(aligned(1, 0).limitFor(0)).to.equal(Infinity)
  })

  it('is seen by all threads that share its memory', () => {
    const memory = SourceAlignment.allocate(2)
    const [one, other] = [new SourceAlignment(memory, 2, 5), new SourceAlignment(memory, 2, 5)]
    one.behind(0, 10)
    one.reached(0, 9)
    expect(other.limitFor(1)).to.equal(15)
    expect(other.latestMs).to.equal(9)
  })

  it('knows the highest stream time reached, also of partitions that are idle', () => {
    const alignment = aligned(2, 5)
    alignment.reached(0, 40)
    alignment.reached(1, 70)
    alignment.idle(1)
    expect(alignment.latestMs).to.equal(70)
  })

  it('never holds everybody up: some partition with rows can always run one', () => {
    const partitions = fc.array(fc.array(fc.nat(1_000), { maxLength: 30 }), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(partitions, fc.nat(300), fc.infiniteStream(fc.nat(5)), (all, driftMs, picks) => {
        const alignment = aligned(all.length, driftMs)
        const rows = all.map((times) => [...times])
        const streamTimes = all.map(() => -1)
        all.forEach((_, slot) => alignment.behind(slot, -Infinity))
        /** One step of a task, as the runtime takes it: tell, ask, run, tell. */
        const step = (slot: number): number => {
          const own = rows[slot]!
          const timeOf = (): number => Math.max(streamTimes[slot]!, own[0] ?? -Infinity)
          if (own.length > 0) alignment.behind(slot, timeOf())
          const limitMs = alignment.limitFor(slot)
          let ran = 0
          for (; own.length > 0 && own[0]! <= limitMs && ran < 3; ran++) {
            streamTimes[slot] = Math.max(streamTimes[slot]!, own.shift()!)
          }
          if (own.length > 0) alignment.behind(slot, timeOf())
          else alignment.idle(slot)
          return ran
        }
        while (rows.some((own) => own.length > 0)) {
          // Whoever happens to come first; then all in turn, twice: that must move somebody.
          step(picks.next().value! % all.length)
          if (rows.every((own) => own.length === 0)) break
          const rounds = [...all.keys(), ...all.keys()]
          expect(rounds.reduce((ran, slot) => ran + step(slot), 0)).to.be.greaterThan(0)
        }
      }),
      { numRuns: 200 },
    )
  })
})
