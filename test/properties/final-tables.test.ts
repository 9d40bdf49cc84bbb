// What no order, split, number of partitions or restart may change: the final tables of a job that counts.
import { expect } from 'chai'
import fc from 'fast-check'
import {
  defineTopology,
  float64,
  milliseconds,
  topic,
  tumbling,
  utf8,
  windowed,
} from '../../index.ts'
import { TopologyTestDriver, type TestDriverOptions } from '../../testing.ts'
import { texts } from '../support/texts.ts'

const SIZE_MS = 10
const out = topic('out', { key: windowed(utf8), value: float64 })

const job = defineTopology('job', ({ source }) => {
  source('in', texts('in'), { malformed: 'fail' })
    .groupBy('by-value', (value) => value, utf8, utf8)
    .windowedBy(tumbling({ size: milliseconds(SIZE_MS), grace: milliseconds(1_000) }))
    .count('counts', { emit: 'on-update' })
    .toStream('changes')
    .to('out', out)
})

interface Input {
  readonly key: string
  readonly value: string
  readonly timestampMs: number
}

const letter = fc.constantFrom('a', 'b', 'c', 'd')
const inputs = fc.array(fc.record({ key: letter, value: letter, timestampMs: fc.nat(90) }), {
  maxLength: 25,
})

/** The counts of a batch, by value and start of the window. */
function counted(records: readonly Input[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { value, timestampMs } of records) {
    const place = `${value}@${Math.floor(timestampMs / SIZE_MS) * SIZE_MS}`
    counts.set(place, (counts.get(place) ?? 0) + 1)
  }
  return counts
}

/** The final table of the job; `between` is called after each record. */
function finalTable(
  records: readonly Input[],
  options: TestDriverOptions,
  between: (driver: TopologyTestDriver, at: number) => void = () => undefined,
): Map<string, number> {
  const driver = new TopologyTestDriver(job, options)
  for (const [at, record] of records.entries()) {
    driver.pipeInput(texts('in'), record)
    between(driver, at)
  }
  driver.commit()
  const table = new Map<string, number>()
  for (const { key, value } of driver.readOutput(out)) {
    table.set(`${key!.key}@${key!.window.startMs}`, value!)
  }
  driver.close()
  return table
}

const runs = { numRuns: 40, seed: 5 }

describe('the final tables of a job', () => {
  it('are the counts of a batch, whatever order records come in within grace', () => {
    const property = fc.property(inputs, (records) => {
      expect(finalTable(records, {})).to.deep.equal(counted(records))
    })
    fc.assert(property, runs)
  })

  it('are the same for any split of the input into commits', () => {
    const property = fc.property(inputs, fc.integer({ min: 1, max: 9 }), (records, size) => {
      const found = finalTable(records, { commitEachInput: false }, (driver, at) => {
        if (at % size === 0) driver.commit()
      })
      expect(found).to.deep.equal(counted(records))
    })
    fc.assert(property, runs)
  })

  it('are the same for any number of partitions', () => {
    const property = fc.property(inputs, fc.integer({ min: 2, max: 7 }), (records, partitions) => {
      expect(finalTable(records, { partitions })).to.deep.equal(counted(records))
    })
    fc.assert(property, runs)
  })

  it('are the same after a restart at any point, with what was committed or not', () => {
    const property = fc.property(inputs, fc.nat(24), fc.boolean(), (records, stop, isEach) => {
      const found = finalTable(records, { commitEachInput: isEach }, (driver, at) => {
        if (at === stop) driver.restart()
        if (at % 4 === 0) driver.commit()
      })
      expect(found).to.deep.equal(counted(records))
    })
    fc.assert(property, runs)
  })
})
