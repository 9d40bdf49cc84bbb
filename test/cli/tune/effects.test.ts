import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { comparisonsOf, effectsOf, pairsNeeded } from '../../../cli/tune/effects.ts'
import { svgPicture, textPicture } from '../../../cli/tune/picture.ts'
import type { RunResult, SessionSpec } from '../../../cli/tune/results.ts'
import { signFlipP } from '../../../cli/tune/statistics.ts'
import {
  bestPairs,
  confirmationOf,
  summarize,
  trialWith,
  type Confirmation,
} from '../../../cli/tune/summary.ts'
import {
  orderOf,
  sweptKeysOf,
  trialsOf,
  type Trial,
  type TrialSettings,
} from '../../../cli/tune/sweep.ts'
import { writeWinner } from '../../../cli/tune/winner.ts'
import { createRandom } from '../../../data/random.ts'
import { temporaryDirectory } from '../../data/temporary-directory.ts'

const KEYS = sweptKeysOf(['fast=on', 'soon=1,9', 'void=yes'], (key) =>
  key === 'soon' ? '5' : undefined,
)
const ROUNDS = 10

/** `fast` doubles throughput, `soon=1` halves latency, `void` spares CPU and nothing else; rounds differ by a factor of two. */
function runsOf(trials: readonly Trial[], phase: RunResult['phase'] = 'sweep'): RunResult[] {
  const random = createRandom(3)
  return Array.from({ length: ROUNDS }, (_, round) => {
    const weather = 1 + random.next()
    return trials.map((trial) => {
      const noise = (): number => 0.97 + 0.06 * random.next()
      return {
        ...{ phase, round, trial },
        figures: {
          rowsPerSecond: (1_000 / weather) * (trial['fast'] === 'on' ? 2 : 1) * noise(),
          p99Ms: 100 * weather * (trial['soon'] === '1' ? 0.5 : 1) * noise(),
          cpuMicrosPerRow: trial['void'] === 'yes' ? 2 : 3,
        },
      }
    })
  }).flat()
}

describe('the effects that tune finds', () => {
  for (const design of ['each', 'grid'] as const) {
    it(`are those that are there, and no others (${design})`, () => {
      const effects = effectsOf(runsOf(trialsOf(KEYS, design)), KEYS)
      const told = effects.filter(({ verdict }) => verdict !== 'cannot be told apart')
      expect(told.map(({ key, value, measure, verdict }) => [key, value, measure, verdict])).to.eql(
        [
          ['fast', 'on', 'throughput', 'better'],
          ['soon', '1', 'latency', 'better'],
          ['void', 'yes', 'cpu', 'better'],
        ],
      )
      expect(told[0]!.ratio).to.be.closeTo(2, 0.1)
      expect(told[1]!.ratio).to.be.closeTo(0.5, 0.05)
      expect(told[0]!.interval.low).to.be.greaterThan(1.8)
      // A grid has as many pairs a round as there are combinations of the other keys.
      const perRound = design === 'grid' ? 6 : 1
      expect(told[0]!.pairs).to.equal(ROUNDS * perRound)
    })
  }

  it('are of pairs within a round only, and leave a round out that lacks one', () => {
    const runs = runsOf(trialsOf(KEYS, 'each')).slice(1)
    const [fast] = effectsOf(runs, KEYS)
    expect(fast!.pairs).to.equal(ROUNDS - 1)
  })

  it('make the best pairs, by what is looked for', () => {
    const effects = effectsOf(runsOf(trialsOf(KEYS, 'each')), KEYS)
    const of = (goal: 'balanced' | 'throughput' | 'latency') => trialWith(bestPairs(effects, goal))
    expect(of('balanced')).to.deep.equal({ fast: 'on', soon: '1' })
    expect(of('throughput')).to.deep.equal({ fast: 'on' })
    expect(of('latency')).to.deep.equal({ soon: '1' })
  })

  it('leave nothing to choose where three rounds cannot tell anything', () => {
    const runs = runsOf(trialsOf(KEYS, 'each')).filter(({ round }) => round < 3)
    expect(bestPairs(effectsOf(runs, KEYS), 'balanced')).to.deep.equal([])
  })

  it('say how many pairs it takes to tell anything, the more is asked', () => {
    expect(pairsNeeded(1)).to.equal(6)
    expect(pairsNeeded(12)).to.equal(9)
    for (const questions of [1, 5, 12]) {
      const alike = Array<number>(pairsNeeded(questions)).fill(1)
      expect(signFlipP(alike) * questions).to.be.at.most(0.05)
      expect(signFlipP(alike.slice(1)) * questions).to.be.greaterThan(0.05)
    }
  })

  it('are held against the base in fresh pairs', () => {
    const trial = { fast: 'on', soon: '1' }
    const [throughput, latency] = comparisonsOf(runsOf([{}, trial], 'confirm'), trial)
    expect(throughput!.comparison.ratio).to.be.closeTo(2, 0.1)
    expect(latency!.comparison.ratio).to.be.closeTo(0.5, 0.05)
    expect(throughput!.comparison.p).to.be.lessThan(0.01)
  })

  it('are confirmed by fresh pairs that show what is looked for, and by nothing else', () => {
    const trial = { fast: 'on' }
    const sweep = runsOf([{}, trial])
    const fresh = runsOf([{}, trial], 'confirm')
    expect(confirmationOf(sweep, trial, 'throughput')).to.equal('not run')
    expect(confirmationOf([...sweep, ...fresh], trial, 'throughput')).to.equal('confirmed')
    expect(confirmationOf([...sweep, ...fresh], trial, 'balanced')).to.equal('confirmed')
    expect(confirmationOf([...sweep, ...fresh], trial, 'latency')).to.equal('not confirmed')
    // Lucky in the sweep: what is fast there does nothing in the fresh runs.
    const luckless = runsOf([{}, { fast: 'off' }], 'confirm').map((run) =>
      run.trial['fast'] === 'off' ? { ...run, trial } : run,
    )
    expect(confirmationOf([...sweep, ...luckless], trial, 'throughput')).to.equal('not confirmed')
  })
})

describe('the file of the winner', () => {
  const path = temporaryDirectory()
  const spec = { job: 'a-job', broker: 'a broker', machine: 'two cores', base: { 'poll.ms': '5' } }
  const written = (...of: [TrialSettings | undefined, Confirmation]): string => {
    writeWinner(path('best.properties'), spec as unknown as SessionSpec, ...of)
    return readFileSync(path('best.properties'), 'utf8')
  }

  it('sets what fresh runs have confirmed, and no more than is configured else', () => {
    const settings = (text: string) => text.split('\n').filter((line) => /^[^#]/.test(line))
    const winner = { 'poll.ms': '9' }
    expect(settings(written(winner, 'confirmed'))).to.deep.equal(['poll.ms=9'])
    for (const held of ['not confirmed', 'not run'] as const) {
      const text = written(winner, held)
      expect(settings(text)).to.deep.equal(['poll.ms=5'])
      expect(text).to.include('#   poll.ms=9').and.to.include('not set, since')
    }
    expect(written(undefined, 'not run')).to.include('Nothing that was tried is better')
  })
})

describe('the trials of tune', () => {
  it('begin with the base, and change one key or combine all', () => {
    expect(trialsOf(KEYS, 'each')).to.deep.equal([
      {},
      { fast: 'on' },
      { soon: '1' },
      { soon: '9' },
      { void: 'yes' },
    ])
    const grid = trialsOf(KEYS, 'grid')
    expect(grid).to.have.length(2 * 3 * 2)
    expect(grid[0]).to.deep.equal({})
  })

  it('come in another order each round, each once, and the same for a seed', () => {
    const order = orderOf(20, 0, 1)
    expect([...order].sort((a, b) => a - b)).to.deep.equal([...Array(20).keys()])
    expect(orderOf(20, 0, 1)).to.deep.equal(order)
    expect(orderOf(20, 1, 1)).not.to.deep.equal(order)
  })

  it('are refused where nothing is compared, or a key comes twice', () => {
    const base = (): string => '5'
    expect(() => sweptKeysOf(['soon=5'], base)).to.throw('that is its value now')
    expect(() => sweptKeysOf(['soon'], base)).to.throw('write --sweep key=value,value')
    expect(() => sweptKeysOf(['soon=1', 'soon=2'], base)).to.throw('given twice')
  })
})

describe('the summary of tune', () => {
  const trials = trialsOf(KEYS, 'each')
  const summaries = summarize(runsOf(trials), trials)

  it('has the trials on the front that no other one beats in both measures', () => {
    const front = summaries.filter(({ isOnFront }) => isOnFront)
    expect(front.map(({ trial }) => trial)).to.deep.include.members([{ fast: 'on' }, { soon: '1' }])
    const best = Math.max(...summaries.map(({ throughput }) => throughput.median))
    for (const { throughput, latency } of summaries.filter(({ isOnFront }) => !isOnFront)) {
      expect(throughput.median).to.be.lessThan(best)
      const beaten = front.some((of) => of.latency!.median <= latency!.median)
      expect(beaten).to.equal(true)
    }
  })

  it('is drawn with a point for each trial, in a file and in characters', () => {
    const svg = svgPicture({ title: 'a <b> & "c"', summaries })
    expect(svg.match(/<circle/g)).to.have.length(trials.length)
    expect(svg).to.include('a &lt;b> &amp; &quot;c&quot;').and.to.include('soon=1')
    expect(svg).not.to.match(/NaN|undefined/)
    const text = textPicture(summaries)
    expect(text).to.include('1').and.to.include('2').and.to.include('p99, ms')
  })
})
