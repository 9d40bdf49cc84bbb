// Traps of librdkafka and of its plugins that no other test would see; docs/native-data-plane.md has all.
import { expect } from 'chai'
import { BrokerError } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { fresh, withTopic } from './contract-member.ts'
import { connect, DATA_PATHS, openChannel } from './kafka-member.ts'
import { numbered, pollRecords, until } from './records.ts'

const FULL_ROWS = 12_000
const FULL_ROW_BYTES = 1_000
/** A second after each of a dozen fetches would take longer. */
const FULL_MS_MAX = 6_000

describe('a partition on Kafka', function () {
  this.timeout(60_000)

  for (const dataPath of DATA_PATHS) {
    it(`reads on at once when its prefetch was full, ${dataPath}`, async () => {
      // Each fetch brings a megabyte, ten times what is to be held.
      const consumer = { 'queued.min.messages': '100' }
      const broker = await connect({ dataPath, settings: { consumer } })
      const topic = await withTopic(broker)
      const producer = await broker.openProducer()
      const rows = new RecordBatchBuilder()
      const value = new Uint8Array(FULL_ROW_BYTES)
      for (let i = 0; i < FULL_ROWS; i++) rows.append(null, value, 1)
      await producer.send({ topic, partition: 0 }, rows)
      await producer.flush()
      const group = await broker.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
      const port = openChannel(group)
      const reader = port.openReader({ topic, partition: 0, offset: 0 })
      await pollRecords(reader, 1)
      const startedMs = performance.now()
      await until('all rows', () => {
        reader.poll()
        return reader.position === FULL_ROWS
      })
      expect(performance.now() - startedMs).to.be.lessThan(FULL_MS_MAX)
      port.close()
      await broker.close()
    })
  }
})

describe('a client with the addon', function () {
  this.timeout(60_000)

  before(function () {
    if (!DATA_PATHS.includes('native')) this.skip()
  })

  it('is refused where the addon was not told of it', async () => {
    // The addon takes names of up to half a kilobyte.
    const broker = await connect({ clientId: 'x'.repeat(600) })
    const failure: unknown = await broker
      .openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
      .catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(BrokerError).and.to.include({ code: 'MILLRACE_BROKER' })
    expect((failure as BrokerError).message).to.include('shorten client.id')
    await broker.close()
  })
})

describe('a batch that the addon has filled', function () {
  this.timeout(60_000)

  before(function () {
    if (!DATA_PATHS.includes('native')) this.skip()
  })

  it('can be moved to another thread', async () => {
    const broker = await connect()
    const topic = await withTopic(broker)
    const group = await broker.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
    const port = openChannel(group)
    port.produce({ topic, partition: 0 }, numbered(3))
    await group.commit([])
    const reader = port.openReader({ topic, partition: 0, offset: 0 })
    await until('its rows come', () => {
      const batch = reader.poll()
      if (batch === undefined) return false
      const { bytes, ends, nulls, timestamps, offsets } = batch
      const columns = [bytes, ends, nulls, timestamps, offsets]
      const expected = columns.map((column) => [...column])
      const transfer = columns.map(({ buffer }) => buffer as ArrayBuffer)
      const moved = structuredClone(columns, { transfer })
      expect(moved.map((column) => [...column])).to.deep.equal(expected)
      expect(
        columns.every(({ byteLength }) => byteLength === 0),
        'nothing is left here',
      ).to.equal(true)
      return true
    })
    port.close()
    await broker.close()
  })
})
