import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runSeed } from './world.ts'

const PROGRAM = fileURLToPath(new URL('simulate.js', import.meta.url))
const SEEDS = 1_000
/** Side by side: a run has one thread. */
const PROCESSES = 2

/** Runs seeds in a process of their own. @returns what it says of those in which a promise was broken. */
function runSeeds(first: number, seeds: number): Promise<{ code: number; text: string }> {
  const args = [PROGRAM, '--first', String(first), '--seeds', String(seeds)]
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, text, told) => {
      resolve({ code: error === null ? 0 : 1, text: `${text}${told}` })
    })
  })
}

describe(`the runtime over a simulated broker (seeds 1 to ${SEEDS})`, function () {
  this.timeout(600_000)

  it('keeps its promises whatever crashes, stalls or is lost', async () => {
    const each = SEEDS / PROCESSES
    const parts = Array.from({ length: PROCESSES }, (_, i) => runSeeds(1 + i * each, each))
    for (const { code, text } of await Promise.all(parts)) {
      expect(code, `node dist/test/simulation/simulate.js\n${text}`).to.equal(0)
      expect(text).to.include(`${each} seeds, `)
    }
  })

  it('goes the same way for the same seed, and another for another', async () => {
    const [once, again, other] = [await runSeed(7), await runSeed(7), await runSeed(8)]
    expect(again).to.deep.equal(once)
    expect(other.fingerprint).not.to.equal(once.fingerprint)
  })

  it('holds nobody up for a thread that died, though another process has its tasks by now', async () => {
    expect((await runSeed(4529)).broken).to.deep.equal([])
  })

  it('loses nothing to compaction of what commits left that failed', async () => {
    for (const seed of [5230, 6505, 7558]) {
      expect((await runSeed(seed)).broken, `seed ${seed}`).to.deep.equal([])
    }
  })

  it('ends soon after the trouble is over', async () => {
    const { simulatedMs } = await runSeed(3)
    expect(simulatedMs).to.be.greaterThan(20_000).and.lessThan(120_000)
  })
})
