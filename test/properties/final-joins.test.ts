// What no order, split, number of partitions or restart may change: the final tables of reduce, cogroup, tables
// with history, and joins of streams and of tables.
import { expect } from 'chai'
import fc from 'fast-check'
import { TopologyTestDriver, type TestDriverOptions } from '../../testing.ts'
import { joinedBatchOf, joinedShapes, type JoinedInputs } from '../support/joined-shapes.ts'
import { finalOf, FLUSH, type FinalShape } from '../support/shapes.ts'
import { texts } from '../support/texts.ts'

const letter = fc.constantFrom('a', 'b', 'c')
const mark = fc.constantFrom('x', 'y', 'z')
const time = fc.nat(60)
const row = fc.record({ key: letter, value: mark, timestampMs: time })
const record = fc.record({
  key: fc.constantFrom('k', 'l', 'm'),
  value: letter,
  timestampMs: time,
  isOther: fc.boolean(),
})
const inputs = fc.record({
  versions: fc.uniqueArray(row, {
    maxLength: 8,
    selector: ({ key, timestampMs }) => `${key}@${timestampMs}`,
  }),
  rights: fc.array(row, { maxLength: 5 }),
  records: fc.array(record, { maxLength: 14 }),
})
const END_MS = 10_000_000

/** The final tables; `between` is called after each record. */
function finalTables(
  all: JoinedInputs,
  options: TestDriverOptions = {},
  between: (driver: TopologyTestDriver, at: number) => void = () => undefined,
): Readonly<Record<string, FinalShape>> {
  const driver = new TopologyTestDriver(joinedShapes, options)
  for (const topic of ['versions', 'rights'] as const) {
    for (const one of all[topic]) driver.pipeInput(texts(topic), one)
  }
  for (const [at, { isOther, ...one }] of all.records.entries()) {
    driver.pipeInput(texts(isOther ? 'other' : 'in'), one)
    between(driver, at)
  }
  driver.commit()
  driver.pipeInput(texts('in'), { key: FLUSH, value: FLUSH, timestampMs: END_MS })
  driver.commit()
  const tables = Object.keys(joinedBatchOf(all)).map((name) => {
    const changes = driver.readOutput(texts(name)).map(({ key, value }) => [key!, value] as const)
    return [name, finalOf(changes)] as const
  })
  driver.close()
  return Object.fromEntries(tables)
}

/**
 * A record without a partner goes out alone at once where its window lies behind stream time already, though one may
 * come within grace (Kafka's KStreamKStreamJoin): of outer joins nothing is asked but in the order of time.
 */
function withoutOuter(tables: Readonly<Record<string, FinalShape>>) {
  const { 'outer-pairs': _, ...others } = tables
  return others
}

const runs = { numRuns: 25, seed: 11 }

describe('the final tables of joins, cogroup, reduce and tables with history', () => {
  it('are those of a batch, whatever order records come in within grace', () => {
    const property = fc.property(inputs, (all) => {
      expect(withoutOuter(finalTables(all))).to.deep.equal(withoutOuter(joinedBatchOf(all)))
    })
    fc.assert(property, runs)
  })

  it('are the same for any split of the input into commits', () => {
    const property = fc.property(inputs, fc.integer({ min: 1, max: 6 }), (all, size) => {
      const found = finalTables(all, { commitEachInput: false }, (driver, at) => {
        if (at % size === 0) driver.commit()
      })
      expect(withoutOuter(found)).to.deep.equal(withoutOuter(joinedBatchOf(all)))
    })
    fc.assert(property, runs)
  })

  it('are the same for any number of partitions', () => {
    const property = fc.property(inputs, fc.integer({ min: 2, max: 5 }), (all, partitions) => {
      const found = finalTables(all, { partitions })
      expect(withoutOuter(found)).to.deep.equal(withoutOuter(joinedBatchOf(all)))
    })
    fc.assert(property, { ...runs, numRuns: 15 })
  })

  it('are the same after a restart at any point, with what was committed or not', () => {
    const property = fc.property(inputs, fc.nat(13), fc.boolean(), (all, stop, isEach) => {
      const found = finalTables(all, { commitEachInput: isEach }, (driver, at) => {
        if (at === stop) driver.restart()
        if (at % 3 === 0) driver.commit()
      })
      expect(withoutOuter(found)).to.deep.equal(withoutOuter(joinedBatchOf(all)))
    })
    fc.assert(property, runs)
  })

  it('of outer joins are those of a batch in the order of time, for any commits and over a restart', () => {
    const property = fc.property(inputs, fc.nat(13), fc.boolean(), (some, stop, isEach) => {
      const records = some.records.toSorted((a, b) => a.timestampMs - b.timestampMs)
      const all = { ...some, records }
      const found = finalTables(all, { commitEachInput: isEach }, (driver, at) => {
        if (at === stop) driver.restart()
        if (at % 3 === 0) driver.commit()
      })
      expect(found).to.deep.equal(joinedBatchOf(all))
    })
    fc.assert(property, runs)
  })
})
