// What rows become on their way through the addon: to Kafka out of a worker's columns, and back into them.
import { expect } from 'chai'
import { headersOf, keyOf, valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import type { Broker, DataPort, Group, PartitionReader } from '../../broker/ports.ts'
import { fresh, withTopic } from './contract-member.ts'
import { connect, DATA_PATHS, openChannel } from './kafka-member.ts'
import { sendTransactions } from './kafka-transactions.ts'
import { numbered, pollRecords, until, valuesOf } from './records.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const NONE = new Uint8Array(0)

describe('rows through the addon', function () {
  this.timeout(60_000)
  let broker: Broker
  let group: Group
  let port: DataPort
  let topic: string

  before(async function () {
    if (!DATA_PATHS.includes('native')) this.skip()
    const producer = { 'queue.buffering.max.messages': '5000' }
    broker = await connect({ settings: { producer } })
    group = await broker.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
    port = openChannel(group)
    expect(group.dataPath).to.deep.equal({ path: 'native' })
  })
  beforeEach(async () => {
    topic = await withTopic(broker)
  })
  after(async () => {
    await broker?.close()
    port?.close()
  })

  const read = (offset = 0): PartitionReader => port.openReader({ topic, partition: 0, offset })

  it('keep null apart from empty, every byte, their times, and headers of any kind in their order', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    const headers = [
      { key: 'a', value: bytes(0, 255, 128) },
      { key: 'a', value: null },
      { key: 'größe', value: NONE },
    ]
    const rows = new RecordBatchBuilder()
    rows.append(null, all, 1_700_000_000_123, headers)
    rows.append(NONE, NONE, 1)
    rows.append(all, null, 2)
    rows.append(null, null, 3, headers.slice(0, 1))
    port.produce({ topic, partition: 0 }, rows)
    await group.commit([])
    const seen: unknown[] = []
    const reader = read()
    await until('four rows', () => {
      const batch = reader.poll()
      for (let row = 0; row < (batch?.count ?? 0); row++) {
        const columns = [keyOf(batch!, row), valueOf(batch!, row), batch!.timestamps[row]]
        seen.push([...columns, batch!.offsets[row], headersOf(batch!, row)])
      }
      return seen.length === 4
    })
    expect(seen[0]).to.deep.equal([null, all, 1_700_000_000_123, 0, headers])
    expect(seen[1]).to.deep.equal([NONE, NONE, 1, 1, []])
    expect(seen[2]).to.deep.equal([all, null, 2, 2, []])
    expect(seen[3]).to.deep.equal([null, null, 3, 3, headers.slice(0, 1)])
    reader.close()
  })

  it('go through a queue that is too small for them, in the order of the calls, and are counted until they are through', async () => {
    const expected: string[] = []
    for (let call = 0; call < 5; call++) {
      port.produce({ topic, partition: 0 }, numbered(4_000, `c${call}-`))
      for (let i = 0; i < 4_000; i++) expected.push(`c${call}-${i}`)
    }
    expect(port.pendingBytes).to.be.greaterThan(0)
    const draining = setInterval(() => port.pendingBytes, 1)
    await group.commit([])
    clearInterval(draining)
    expect(port.pendingBytes).to.equal(0)
    const reader = read()
    expect(valuesOf(await pollRecords(reader, 20_000))).to.deep.equal(expected)
    reader.close()
  })

  it('may be larger than the room for a batch, one alone or all together', async () => {
    const sizes = [10, 900_000, 400_000, 400_000, 1, 70_000, 0, 600_000]
    const rows = new RecordBatchBuilder()
    for (const size of sizes) rows.append(null, new Uint8Array(size).fill(size % 251), 1)
    port.produce({ topic, partition: 0 }, rows)
    await group.commit([])
    const reader = read()
    const seen: number[] = []
    await until('all rows', () => {
      const batch = reader.poll()
      for (let row = 0; row < (batch?.count ?? 0); row++) {
        const value = valueOf(batch!, row)!
        expect(value.every((byte) => byte === value.length % 251)).to.equal(true)
        seen.push(value.length)
      }
      return seen.length === sizes.length
    })
    expect(seen).to.deep.equal(sizes)
    expect(reader).to.include({ position: sizes.length, end: sizes.length })
    reader.close()
  })

  it('end where a transaction ends: its control record is no row, and nothing is waited for behind it', async () => {
    await sendTransactions(topic, [
      { values: ['a', 'b'], ending: 'commit' },
      { values: ['x', 'y', 'z'], ending: 'abort' },
      { values: ['c'], ending: 'commit' },
    ])
    const reader = read()
    const records = await pollRecords(reader, 3)
    expect(valuesOf(records)).to.deep.equal(['a', 'b', 'c'])
    expect(records.map(({ offset }) => offset)).to.deep.equal([0, 1, 7])
    await until('it is not behind', () => reader.poll() === undefined && reader.position === 9)
    expect(reader.end, 'after the last mark').to.equal(9)
    await sendTransactions(topic, [{ values: ['d'], ending: 'commit' }])
    expect((await pollRecords(reader, 1)).map(({ offset }) => offset)).to.deep.equal([9])
    reader.close()
  })

  it('come all, though their consumer is given other partitions while it waits at the end', async () => {
    const reader = read()
    await until('it has come to the end', () => reader.poll() === undefined && reader.end === 0)
    for (let round = 0; round < 5; round++) {
      // A change of the assignment has the client pause what it reads and go on where it stood.
      const other = port.openReader({ topic: await withTopic(broker), partition: 0, offset: 0 })
      await until('that is at its end, too', () => other.poll() === undefined && other.end === 0)
      port.produce({ topic, partition: 0 }, numbered(2, `r${round}-`))
      await group.commit([])
      const records = await pollRecords(reader, 2)
      expect(valuesOf(records)).to.deep.equal([`r${round}-0`, `r${round}-1`])
      await until('it is at its end again', () => reader.poll() === undefined && reader.end >= 2)
      other.close()
    }
    reader.close()
  })

  it('that a worker could not hand over fail the commit that counted on them, and no later one', async () => {
    const worker = openChannel(group, 1)
    worker.produce({ topic, partition: 0 }, numbered(20_000))
    worker.close()
    const failure: unknown = await group.commit([]).catch((error: unknown) => error)
    expect(failure).to.include({ code: 'MILLRACE_PRODUCE_FAILED', retriable: true })
    expect((failure as Error).message).to.match(
      /a worker ended before \d+ of its records were sent/,
    )
    await group.commit([])
  })
})
