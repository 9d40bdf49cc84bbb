// The broker in memory keeps the contract.
import { expect } from 'chai'
import { openMemoryBroker } from '../../broker/memory/broker.ts'
import { MemoryDataPort } from '../../broker/memory/data-port.ts'
import { MemoryLog } from '../../broker/memory/log.ts'
import { describeBrokerContract } from './contract.ts'
import { numbered, recordsOf } from './records.ts'

describe('the broker in memory', () => {
  const log = new MemoryLog()

  describeBrokerContract('the log in memory', () => {
    const broker = openMemoryBroker(log)
    return Promise.resolve({
      broker,
      openDataPort: (spec) =>
        new MemoryDataPort(log, 'applicationId' in spec ? spec.applicationId : ''),
      close: () => broker.close(),
    })
  })

  it('forgets what was shown and not committed, but for topics that are kept', () => {
    const own = new MemoryLog()
    own.ensure('in', 1)
    own.ensure('out', 1)
    const [from, to] = ['in', 'out'].map((topic) => ({ topic, partition: 0 }))
    const port = new MemoryDataPort(own, 'app')
    port.produce(to!, numbered(2, 'kept'))
    port.commit(() => undefined)
    port.produce(from!, numbered(3))
    port.produce(to!, numbered(3, 'lost'))
    port.show()
    expect(own.end(to!)).to.equal(5)
    own.rollback((topic) => topic === 'in')
    expect([own.end(from!), own.end(to!)]).to.deep.equal([3, 2])
  })

  it('gives the rows of a batch from the offset on that is asked for', () => {
    const own = new MemoryLog()
    own.ensure('in', 1)
    own.append({ topic: 'in', partition: 0 }, numbered(5).pack())
    const batch = own.reader({ topic: 'in', partition: 0 }, 3).poll()!
    expect(recordsOf(batch).map(({ key, value, offset }) => [key, value, offset])).to.deep.equal([
      ['3', 'v3', 3],
      ['4', 'v4', 4],
    ])
  })
})
