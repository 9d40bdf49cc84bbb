import { expect } from 'chai'
import { readFileSync, writeFileSync } from 'node:fs'
import { Results, type RunResult, type SessionSpec } from '../../../cli/tune/results.ts'
import { runSession, type SessionOptions } from '../../../cli/tune/session.ts'
import { nameOf, type Trial } from '../../../cli/tune/sweep.ts'
import { temporaryDirectory } from '../../data/temporary-directory.ts'

const TRIALS: readonly Trial[] = [{}, { a: '1' }, { b: '2' }]
const RUN_MS = 10
const FIGURES = { rowsPerSecond: 1_000, cpuMicrosPerRow: 5 }

const spec: SessionSpec = {
  ...{ job: 'a-job', broker: 'the embedded log', keys: [], design: 'each', rows: 10, rate: 0 },
  ...{ seconds: 0, seed: 1, input: undefined, base: {}, machine: 'Node, 2 cores' },
}

describe('a session of tune', () => {
  const path = temporaryDirectory()
  let files = 0
  let run: string[] = []

  /** Runs take ten milliseconds of a clock of their own. */
  const optionsOf = (some: Partial<SessionOptions> = {}): SessionOptions => {
    let clockMs = 0
    return {
      trials: TRIALS,
      repeats: 2,
      budgetMs: 1_000,
      seed: 1,
      measure: (trial) => {
        clockMs += RUN_MS
        run.push(nameOf(trial))
        return Promise.resolve(FIGURES)
      },
      bestOf: () => undefined,
      signal: new AbortController().signal,
      onRun: () => undefined,
      nowMs: () => clockMs,
      ...some,
    }
  }
  const open = (name: string, isResumed = false): Results =>
    Results.open(path(name), spec, isResumed)

  beforeEach(() => {
    run = []
    files += 1
  })

  it('runs each trial once a round, and what is best against the base in fresh pairs', async () => {
    const results = open(`${files}`)
    const end = await runSession(results, optionsOf({ bestOf: () => ({ a: '1' }) }))
    expect(end).to.equal('complete')
    const rounds = [run.slice(0, 3), run.slice(3, 6)]
    for (const round of rounds) {
      expect(round).to.have.members(['as configured', 'a=1', 'b=2'])
    }
    expect(run.slice(6)).to.have.members(['as configured', 'as configured', 'a=1', 'a=1'])
    expect(results.runs.map(({ phase }) => phase)).to.deep.equal([
      ...Array<string>(6).fill('sweep'),
      ...Array<string>(4).fill('confirm'),
    ])
  })

  it('chooses the best from the runs of the sweep alone', async () => {
    const asked: RunResult[] = []
    const bestOf = (runs: readonly RunResult[]): undefined => void asked.push(...runs)
    await runSession(open(`${files}`), optionsOf({ bestOf }))
    expect(asked).to.have.length(6)
  })

  it('begins no run that would not fit into the time, and keeps a fifth of it to confirm', async () => {
    const end = await runSession(open(`${files}`), optionsOf({ budgetMs: 50 }))
    expect(end).to.equal('out of time')
    expect(run).to.have.length(4)
    run = []
    const bestOf = (): Trial => ({ b: '2' })
    await runSession(open(`${files}-2`), optionsOf({ budgetMs: 50, bestOf }))
    expect(run).to.have.length(5)
  })

  it('goes on with what is missing when it is resumed, line cut short and all', async () => {
    const name = `${files}`
    const stop = new AbortController()
    const measure = (trial: Trial) => {
      run.push(nameOf(trial))
      if (run.length === 4) stop.abort()
      return stop.signal.aborted ? Promise.reject(new Error('stopped')) : Promise.resolve(FIGURES)
    }
    const end = await runSession(open(name), optionsOf({ measure, signal: stop.signal }))
    expect(end).to.equal('interrupted')
    writeFileSync(path(name), readFileSync(path(name), 'utf8').slice(0, -7))
    const first = run.slice(0, 2)
    run = []
    const results = open(name, true)
    expect(results.runs.map(({ trial }) => nameOf(trial))).to.deep.equal(first)
    expect(await runSession(results, optionsOf())).to.equal('complete')
    expect(run).to.have.length(4)
    expect(open(name, true).runs).to.have.length(6)
  })

  it('passes on what makes a run fail; what was run before is kept', async () => {
    const results = open(`${files}`)
    const measure = () =>
      results.runs.length === 1 ? Promise.reject(new Error('broken')) : Promise.resolve(FIGURES)
    const error = await runSession(results, optionsOf({ measure })).catch(
      (reason: unknown) => reason,
    )
    expect(error).to.be.an('error').with.property('message', 'broken')
    expect(open(`${files}`, true).runs).to.have.length(1)
  })

  it('is resumed only with what it began with, and only when asked to', () => {
    open(`${files}`)
    expect(() => open(`${files}`)).to.throw('give --resume')
    expect(() => Results.open(path(`${files}`), { ...spec, seed: 2 }, true)).to.throw(
      'its seed is 1, here 2',
    )
    writeFileSync(path(`${files}`), 'something else\n')
    expect(() => open(`${files}`, true)).to.throw('its first line is none of a session')
  })
})
