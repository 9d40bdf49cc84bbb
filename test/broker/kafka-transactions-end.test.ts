// Ends of transactions in a partition that a worker reads, on either path: they take offsets, and are no rows.
import { expect } from 'chai'
import { fresh, Member, withTopic } from './contract-member.ts'
import { connect, DATA_PATHS, openKafkaDataPort } from './kafka-member.ts'
import { sendTransactions } from './kafka-transactions.ts'
import { pollRecords, until, valuesOf } from './records.ts'

describe('a partition with transactions on Kafka', function () {
  this.timeout(60_000)

  for (const dataPath of DATA_PATHS) {
    it(`is read to its end, and its reader is not behind there, ${dataPath}`, async () => {
      const broker = await connect({ dataPath })
      const topic = await withTopic(broker)
      await sendTransactions(topic, [
        { values: ['a', 'b'], ending: 'commit' },
        { values: ['x', 'y', 'z'], ending: 'abort' },
        { values: ['c'], ending: 'commit' },
      ])
      const session = { broker, openDataPort: openKafkaDataPort, close: () => broker.close() }
      const member = await Member.join(session, fresh('app'), [topic], 1)
      const reader = member.reader(topic, 0)
      const records = await pollRecords(reader, 3)
      expect(valuesOf(records)).to.deep.equal(['a', 'b', 'c'])
      expect(records.map(({ offset }) => offset)).to.deep.equal([0, 1, 7])
      await until('it is not behind', () => {
        expect(reader.poll()).to.equal(undefined)
        return reader.position >= reader.end
      })
      expect(reader.end).to.be.within(8, 9)
      await sendTransactions(topic, [{ values: ['d'], ending: 'commit' }])
      expect((await pollRecords(reader, 1)).map(({ offset }) => offset)).to.deep.equal([9])
      await until('nor later', () => reader.poll() === undefined && reader.position >= reader.end)
      await member.leave()
      await broker.close()
    })
  }
})
