// Every stored case gives what Apache Kafka Streams 4.1.0 gave for it: outputs, their order, drops, failures.
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../config/package-root.ts'
import type { Case, CaseResult } from './case.ts'
import { differencesOf } from './compare.ts'
import { restartedDifferences } from './restarted.ts'
import { runCase } from './run-case.ts'

/** Cases that Millrace cannot run yet. Take out what it can; nothing may be added. */
const UNSUPPORTED: readonly string[] = []

const directory = join(packageRoot(), 'test/fidelity')
const read = <T>(file: string): T[] => JSON.parse(readFileSync(file, 'utf8')) as T[]

/** What Kafka Streams gave for the cases of a file, by their ids. */
const resultsOf = (file: string): Map<string, CaseResult> => {
  const results = read<CaseResult>(file.replace(/\.json$/, '.results.json'))
  return new Map(results.map((one) => [one.id, one]))
}

/** Files of cases; beside each lie the results, as `NAME.results.json`. */
const files = [
  join(directory, 'examples.json'),
  ...readdirSync(join(directory, 'cases'))
    .filter((name) => name.endsWith('.json') && !name.endsWith('.results.json'))
    .map((name) => join(directory, 'cases', name)),
]

describe('Millrace and Kafka Streams', () => {
  const unsupported: string[] = []
  for (const file of files) {
    const results = resultsOf(file)
    const name = file.slice(directory.length + 1)
    it(`agree on the cases of ${name}`, () => {
      const differences = read<Case>(file).flatMap((testCase) => {
        const found = runCase(testCase)
        if (found.unsupported !== undefined) {
          unsupported.push(testCase.id)
          return []
        }
        const expected = results.get(testCase.id)!
        return differencesOf(expected, found, testCase.order ?? 'exact').map(
          (difference) => `${testCase.id}: ${difference}`,
        )
      })
      expect(differences).to.deep.equal([])
    })
  }

  it('agree also where the job ends after each input and goes on from what was committed', function () {
    this.timeout(120_000)
    const differences = files.flatMap((file) => {
      const results = resultsOf(file)
      return read<Case>(file).flatMap((testCase) => {
        const differences = restartedDifferences(testCase, results.get(testCase.id)!)
        return differences.map((difference) => `${testCase.id}: ${difference}`)
      })
    })
    expect(differences).to.deep.equal([])
  })

  it('agree also where rows go through repartition topics as records of their own', () => {
    const settings = { 'repartition.format': 'records' }
    const differences = files.flatMap((file) => {
      const results = resultsOf(file)
      return read<Case>(file).flatMap((testCase) => {
        const found = runCase(testCase, { settings })
        if (found.unsupported !== undefined) return []
        const expected = results.get(testCase.id)!
        return differencesOf(expected, found, testCase.order ?? 'exact').map(
          (difference) => `${testCase.id}: ${difference}`,
        )
      })
    })
    expect(differences).to.deep.equal([])
  }).timeout(120_000)

  it('have only those cases apart that are known to be', () => {
    expect(unsupported.sort()).to.deep.equal([...UNSUPPORTED].sort())
  })

  it('would be told apart', () => {
    const one = { topic: 'out', key: 'k', value: 1, ts: 5, afterInput: 0 }
    const expected: CaseResult = { id: 'x', outputs: [one, { ...one, ts: 6 }], dropped: 1 }
    const found: CaseResult = { id: 'x', outputs: [{ ...one, ts: 6 }, one], dropped: 2 }
    expect(differencesOf(expected, expected, 'exact')).to.deep.equal([])
    expect(differencesOf(expected, found, 'exact')).to.have.length(2)
    expect(differencesOf(expected, { ...found, dropped: 1 }, 'perInput')).to.deep.equal([])
    expect(differencesOf(expected, { id: 'x', rejected: true }, 'exact')).to.have.length(1)
  })
})
