// What no order, split, number of partitions or restart may change: the final tables of every shape of job.
import { expect } from 'chai'
import fc from 'fast-check'
import { TopologyTestDriver, type TestDriverOptions } from '../../testing.ts'
import {
  batchOf,
  finalOf,
  FLUSH,
  shapes,
  type FinalShape,
  type ShapeInputs,
} from '../support/shapes.ts'
import { texts } from '../support/texts.ts'

const letter = fc.constantFrom('a', 'b', 'c')
const key = fc.constantFrom('k', 'l', 'm', 'n')
const row = fc.record({ key, value: letter, timestampMs: fc.nat(5) })
// Later than the rows, so that these are there for the join, and than the first whole sliding window.
const record = fc.record({ key, value: letter, timestampMs: fc.integer({ min: 20, max: 90 }) })
const inputs = fc.record({
  rows: fc.array(row, { maxLength: 8 }),
  records: fc.array(record, { maxLength: 16 }),
})
const END_MS = 10_000_000

/** The final tables; `between` is called after each record. */
function finalTables(
  { rows, records }: ShapeInputs,
  options: TestDriverOptions,
  between: (driver: TopologyTestDriver, at: number) => void = () => undefined,
): Readonly<Record<string, FinalShape>> {
  const driver = new TopologyTestDriver(shapes, options)
  for (const one of rows) driver.pipeInput(texts('rows'), one)
  for (const [at, one] of records.entries()) {
    driver.pipeInput(texts('in'), one)
    between(driver, at)
  }
  driver.commit()
  if (options.partitions === undefined) {
    driver.pipeInput(texts('in'), { key: FLUSH, value: FLUSH, timestampMs: END_MS })
  }
  driver.commit()
  const names = Object.keys(batchOf({ rows, records }))
  const tables = names.map((name) => {
    const changes = driver.readOutput(texts(name)).map(({ key, value }) => [key!, value] as const)
    if (name === 'suppressed') expectOnce(changes.map(([key]) => key))
    return [name, finalOf(changes)] as const
  })
  driver.close()
  return Object.fromEntries(tables)
}

/** Final results come once each. */
function expectOnce(keys: readonly string[]): void {
  expect(keys).to.have.length(new Set(keys).size)
}

/** What has closed depends on where records lie: without an end of all partitions it is not asked. */
function withoutSuppressed(
  tables: Readonly<Record<string, FinalShape>>,
): Readonly<Record<string, FinalShape>> {
  const { suppressed: _, ...others } = tables
  return others
}

const runs = { numRuns: 25, seed: 8 }

describe('the final tables of every shape', () => {
  it('are those of a batch, whatever order records come in within grace', () => {
    const property = fc.property(inputs, (all) => {
      expect(finalTables(all, {})).to.deep.equal(batchOf(all))
    })
    fc.assert(property, runs)
  })

  it('are the same for any split of the input into commits', () => {
    const property = fc.property(inputs, fc.integer({ min: 1, max: 7 }), (all, size) => {
      const found = finalTables(all, { commitEachInput: false }, (driver, at) => {
        if (at % size === 0) driver.commit()
      })
      expect(found).to.deep.equal(batchOf(all))
    })
    fc.assert(property, runs)
  })

  it('are the same for any number of partitions', () => {
    const property = fc.property(inputs, fc.integer({ min: 2, max: 5 }), (all, partitions) => {
      const found = finalTables(all, { partitions })
      expect(withoutSuppressed(found)).to.deep.equal(withoutSuppressed(batchOf(all)))
    })
    fc.assert(property, { ...runs, numRuns: 15 })
  })

  it('are the same where rows go through repartition topics as records of their own', () => {
    const config = { 'repartition.format': 'records' }
    const property = fc.property(inputs, fc.integer({ min: 1, max: 4 }), (all, partitions) => {
      const found = finalTables(all, { partitions, config }, (driver, at) => {
        if (at % 5 === 0) driver.restart()
      })
      expect(withoutSuppressed(found)).to.deep.equal(withoutSuppressed(batchOf(all)))
    })
    fc.assert(property, { ...runs, numRuns: 15 })
  })

  it('are the same after a restart at any point, with what was committed or not', () => {
    const property = fc.property(inputs, fc.nat(15), fc.boolean(), (all, stop, isEach) => {
      const found = finalTables(all, { commitEachInput: isEach }, (driver, at) => {
        if (at === stop) driver.restart()
        if (at % 3 === 0) driver.commit()
      })
      expect(found).to.deep.equal(batchOf(all))
    })
    fc.assert(property, runs)
  })
})
