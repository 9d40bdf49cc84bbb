// The transit job on the embedded log, over several partitions and threads, with a restart in between.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { runOnce } from '../support/police-job.ts'
import { makeTopics, readStatus, TRANSIT_JOB, writeEvents, writeStops } from '../support/transit.ts'
import { eventsOf, statusAfter } from './transit/city.ts'

describe('the transit job on the embedded log', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  let broker: Broker

  beforeEach(async () => {
    broker = await logs.open('transit')
    await makeTopics(broker)
  })
  afterEach(() => broker.close())

  const run = () => runOnce(broker, { 'num.stream.threads': '2' }, TRANSIT_JOB)

  it('has each train where it came last, and all entries, though stations come last', async () => {
    await writeEvents(broker, 2, 7)
    await run()
    expect(await readStatus(broker)).to.deep.equal({})
    await writeStops(broker)
    await run()
    expect(await readStatus(broker)).to.deep.equal(statusAfter(eventsOf(2)))
  })

  it('goes on after a restart, and counts on', async () => {
    await writeEvents(broker, 3, 8)
    await run()
    const all = [...eventsOf(2), ...eventsOf(3, 8)]
    expect(await readStatus(broker)).to.deep.equal(statusAfter(all))
  })
})
