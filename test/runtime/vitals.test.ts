// Signs of life between threads: beats, the mark of a transaction, and waking one that waits.
import { expect } from 'chai'
import { Worker } from 'node:worker_threads'
import { Vitals } from '../../runtime/vitals.ts'

const pair = (): [Vitals, Vitals] => {
  const memory = Vitals.allocate()
  return [new Vitals(memory), new Vitals(memory)]
}

describe('the vitals of a worker', () => {
  it('show its beats to whoever shares their memory', () => {
    const [worker, main] = pair()
    const before = main.beats
    worker.beat()
    worker.beat()
    expect(main.beats).to.equal(before + 2)
  })

  it('show that it writes, and no longer once it is done or has failed', () => {
    const [worker, main] = pair()
    const seen: boolean[] = []
    worker.inTransaction(() => seen.push(main.isInTransaction))
    expect(() =>
      worker.inTransaction(() => {
        seen.push(main.isInTransaction)
        throw new Error('disk full')
      }),
    ).to.throw('disk full')
    expect(seen).to.deep.equal([true, true])
    expect(main.isInTransaction).to.equal(false)
  })

  it('end a wait when told before it began, once', () => {
    const [worker, main] = pair()
    main.wake()
    const started = performance.now()
    worker.wait(5_000)
    expect(performance.now() - started).to.be.lessThan(4_000)
    const again = performance.now()
    worker.wait(20)
    expect(performance.now() - again).to.be.greaterThan(10)
  })

  it('end a wait of another thread', async () => {
    const memory = Vitals.allocate()
    const main = new Vitals(memory)
    const code = `
      import(${JSON.stringify(new URL('../../runtime/vitals.js', import.meta.url).href)})
        .then(({ Vitals }) => {
          const { parentPort, workerData } = require('node:worker_threads')
          parentPort.postMessage('waiting')
          new Vitals(workerData).wait(15000)
          parentPort.postMessage('woken')
        })`
    const thread = new Worker(code, { eval: true, workerData: memory })
    const next = () => new Promise((resolve) => thread.once('message', resolve))
    try {
      expect(await next()).to.equal('waiting')
      const started = performance.now()
      const woken = next()
      main.wake()
      expect(await woken).to.equal('woken')
      expect(performance.now() - started).to.be.lessThan(10_000)
    } finally {
      await thread.terminate()
    }
  })
})
