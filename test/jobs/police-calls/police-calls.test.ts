// The police job in the test driver. docs/testing.md shows this file: test/docs/testing-page.test.ts compares.
import { expect } from 'chai'
import { TopologyTestDriver } from 'millrace/testing'
import topology from '../../../jobs/police-calls/topology.ts'
import {
  callsByOutcome,
  callsByType,
  deadLetters,
  serviceCalls,
} from '../../../jobs/police-calls/topics.ts'

const call = (type: string, disposition: string, callDateTime: string): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      original_crime_type_name: type,
      disposition,
      call_date_time: callDateTime,
    }),
  )

describe('the police job', () => {
  let driver: TopologyTestDriver
  const pipe = (key: string, value: Uint8Array): void =>
    driver.pipeInput(serviceCalls, { key, value })

  beforeEach(() => (driver = new TopologyTestDriver(topology, { partitions: 3 })))
  afterEach(() => driver.close())

  it('counts calls of a type in ten minutes, wherever they come from', () => {
    pipe('c1', call('Noise', 'HAN', '2020-07-01T10:01:00'))
    pipe('c2', call('Noise', 'GOA', '2020-07-01T10:09:59'))
    pipe('c3', call('Noise', 'HAN', '2020-07-01T10:10:00'))
    const counts = driver.readOutput(callsByType).map(({ key, value }) => {
      const { window } = key!
      return [new Date(window.startMs).toISOString(), value!.calls]
    })
    // San Francisco is seven hours behind UTC in summer.
    expect(counts).to.deep.equal([
      ['2020-07-01T17:00:00.000Z', 1],
      ['2020-07-01T17:00:00.000Z', 2],
      ['2020-07-01T17:10:00.000Z', 1],
    ])
  })

  it('says what a disposition means, and null for one that nobody explains', () => {
    pipe('c1', call('Noise', 'HAN', '2020-07-01T10:01:00'))
    pipe('c2', call('Noise', '???', '2020-07-01T10:02:00'))
    const found = driver.readOutput(callsByOutcome).map(({ value }) => value!.description)
    expect(found).to.have.members(['Handled', null])
  })

  it('drops a call that is more than four hours late, and writes one that it cannot read elsewhere', () => {
    driver.close()
    // Of several partitions, the one that is furthest behind would say how late it is.
    driver = new TopologyTestDriver(topology)
    pipe('c1', call('Noise', 'HAN', '2020-07-01T18:00:00'))
    driver.readOutput(callsByType)
    pipe('c1', call('Noise', 'HAN', '2020-07-01T13:00:00'))
    expect(driver.drops('calls-by-type')).to.deep.equal({ 'expired-window': 1 })
    pipe('c1', Buffer.from('no JSON'))
    expect(driver.readOutput(callsByType)).to.deep.equal([])
    expect(driver.readOutput(deadLetters)).to.have.length(1)
  })

  it('goes on counting where it was after a crash', () => {
    pipe('c1', call('Noise', 'HAN', '2020-07-01T10:01:00'))
    driver.readOutput(callsByType)
    driver.restart()
    pipe('c2', call('Noise', 'HAN', '2020-07-01T10:02:00'))
    expect(driver.readOutput(callsByType).map(({ value }) => value!.calls)).to.deep.equal([2])
  })
})
