// What is told of threads that die where no row is in work: noted in the shared memory of one, and decided upon by
// who starts the next.
import { expect } from 'chai'
import { CarefulRows, CrashingRows } from '../../runtime/crashing-rows.ts'
import type { Plan } from '../../runtime/plan.ts'
import { Vitals } from '../../runtime/vitals.ts'

const tasks = ['0_0', '0_1'].map((taskId) => ({ taskId })) as unknown as Plan['tasks']
const plan = { tasks, partitions: { orders: 2 } } as unknown as Plan

/** Runs `work` in a thread that notes what it does, as if it died there. */
function diesOf(crashing: CrashingRows, work: (careful: CarefulRows, die: () => never) => void) {
  const vitals = new Vitals(Vitals.allocate())
  let seen: ReturnType<CrashingRows['died']> | undefined
  const careful = new CarefulRows(crashing.spec, vitals, plan)
  const die = (): never => {
    seen = crashing.died(vitals)
    throw new Error('dead')
  }
  expect(() => work(careful, die)).to.throw()
  return seen
}

describe('what threads die of between rows', () => {
  it('is a punctuator after as many deaths as a row may cause, and is not called again', () => {
    const crashing = new CrashingRows(1, tasks)
    const punctuate = (careful: CarefulRows, die: () => never): void =>
      careful.punctuator('wall-clock', { taskId: '0_1', number: 1 }, die)(5)
    expect(diesOf(crashing, punctuate)).to.equal('again')
    expect(diesOf(crashing, punctuate)).to.equal('found')
    const careful = new CarefulRows(crashing.spec, new Vitals(Vitals.allocate()), plan)
    const called: number[] = []
    const of = (type: 'wall-clock' | 'stream-time', taskId: string, number: number) =>
      careful.punctuator(type, { taskId, number }, (timeMs) => called.push(timeMs))
    expect(() => of('wall-clock', '0_1', 1)(1)).to.throw(
      /has died 2 times in this punctuator of task 0_1/,
    )
    of('stream-time', '0_1', 1)(2)
    of('wall-clock', '0_0', 1)(3)
    of('wall-clock', '0_1', 2)(4)
    expect(called).to.deep.equal([2, 3, 4])
  })

  it('is nothing that a policy could decide on where results go out or a task is opened', () => {
    const crashing = new CrashingRows(0, tasks)
    for (const [what, words] of [
      ['emission', 'while it let out what was held back'],
      ['opening', 'while it read the stores'],
    ] as const) {
      const verdict = diesOf(crashing, (careful, die) => careful.during(what, '0_0', die))
      expect(verdict).to.have.property('message').that.includes(`has died once ${words}`)
      expect(verdict).to.have.property('message').that.includes('of task 0_0')
    }
  })

  it('is not known where nothing was noted', () => {
    const vitals = new Vitals(Vitals.allocate())
    const careful = new CarefulRows({ crashing: [], deaths: 2 }, vitals, plan)
    expect(() =>
      careful.during('emission', '0_0', () => {
        throw new Error('thrown, not died of')
      }),
    ).to.throw()
    expect(new CrashingRows(1, tasks).died(vitals)).to.equal('unknown')
  })
})
