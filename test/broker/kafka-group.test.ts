// Membership over a real Kafka: partitions change hands, no row is lost, the leaver is replaced at once.
import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import {
  BrokerError,
  type Broker,
  type GroupOptions,
  type PartitionReader,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../../broker/ports.ts'
import { fresh, send, withTopic } from './contract-member.ts'
import {
  connect,
  DATA_PATHS,
  openChannel,
  ReadingMember,
  withDirectory,
  type SeenRow,
} from './kafka-member.ts'
import { sendTransactions } from './kafka-transactions.ts'
import { numbered, pollRecords, until, valuesOf } from './records.ts'

for (const dataPath of DATA_PATHS) {
  describe(`a group on Kafka, ${dataPath}`, function () {
    describeMembership.call(this, dataPath)
  })
}

function describeMembership(this: Mocha.Suite, dataPath: 'native' | 'plain'): void {
  this.timeout(120_000)
  let broker: Broker
  const members: ReadingMember[] = []

  before(async () => {
    broker = await connect({ dataPath })
  })
  afterEach(async () => {
    for (const member of members.splice(0)) await member.abandon()
  })
  after(() => broker.close())

  const join = async (
    applicationId: string,
    topic: string,
    named: Pick<GroupOptions, 'instanceId'> = {},
  ): Promise<ReadingMember> => {
    const member = await ReadingMember.join(applicationId, topic, { dataPath }, named)
    members.push(member)
    return member
  }

  if (dataPath === 'native') {
    it('tells in which generation a member is, and a later one to who comes later', async () => {
      const topic = await withTopic(broker, 2)
      const applicationId = fresh('app')
      const first = await join(applicationId, topic)
      await until('the first reads all', () => first.readers.size === 2)
      const before = first.group.generation?.()
      expect(before).to.be.greaterThan(0)
      const second = await join(applicationId, topic)
      await until('they share', () => first.readers.size === 1 && second.readers.size === 1)
      expect(second.group.generation?.()).to.be.greaterThan(before!)
    })
  }

  it('keeps the time of a partition beside its offset, where the addon does it', async () => {
    const topic = await withTopic(broker, 2)
    const { group } = await join(fresh('app'), topic)
    await until('it may commit', () => members[0]!.readers.size === 2)
    const known = { topic, partition: 0, offset: 3, partitionTimeMs: 1_700_000_000_000 }
    const unknown = { topic, partition: 1, offset: 0 }
    await group.commit([known, unknown])
    const { partitionTimeMs, ...withoutTime } = known
    expect(partitionTimeMs).to.be.greaterThan(0)
    const kept = dataPath === 'native' ? known : withoutTime
    expect(await group.committed([known, unknown])).to.deep.equal([kept, unknown])
  })

  it('hands partitions over without losing or doubling a row while rows keep coming', async () => {
    const topic = await withTopic(broker, 4)
    const applicationId = fresh('app')
    const writing = writeUntilStopped(broker, topic)
    const first = await join(applicationId, topic)
    await until('the first reads all', () => partitionsOf(first.rows).size === 4)
    const second = await join(applicationId, topic)
    await until('they share', () => first.readers.size === 2 && second.readers.size === 2)
    await until('the second reads', () => partitionsOf(second.rows).size === 2)
    expect(first.events, 'what stays is left alone').to.have.length(2)
    expect(first.events[1]).to.match(/^revoked \d,\d$/)
    await first.leave()
    await until('the second has all', () => second.readers.size === 4)
    const third = await join(applicationId, topic)
    await until('the third has its share', () => third.readers.size === 2)
    const written = await writing.stop()
    const all = (): SeenRow[] => [first, second, third].flatMap(({ rows }) => rows)
    await until('all rows are read', () => all().length >= written * 4)
    for (let partition = 0; partition < 4; partition++) {
      const offsets = all()
        .filter((row) => row.partition === partition)
        .map(({ offset }) => offset)
        .sort((a, b) => a - b)
      expect(offsets).to.deep.equal(Array.from({ length: written }, (_, i) => i))
    }
    await second.leave()
    await third.leave()
  })

  it('keeps what stays flowing while another member comes', async () => {
    const topic = await withTopic(broker, 2)
    const applicationId = fresh('app')
    const first = await join(applicationId, topic)
    await until('the first has both', () => first.readers.size === 2)
    const kept = first.readers.get(0)
    const second = await join(applicationId, topic)
    await until('they share', () => first.readers.size === 1 && second.readers.size === 1)
    const [stays] = first.readers.values()
    expect(stays?.partition === 0 ? stays : kept, 'the reader was not opened anew').to.equal(kept)
    expect(first.events.filter((event) => event.startsWith('assigned'))).to.have.length(1)
  })

  it('replays the tail of a member that went without a commit', async () => {
    const topic = await withTopic(broker)
    const applicationId = fresh('app')
    await send(broker, { topic, partition: 0 }, 100)
    const first = await join(applicationId, topic)
    await until('all rows are read', () => first.rows.length === 100)
    await first.group.commit([{ topic, partition: 0, offset: 60 }])
    await first.abandon()
    const second = await join(applicationId, topic)
    await until('the tail is read again', () => second.rows.length === 40)
    expect(second.rows[0]?.offset).to.equal(60)
  })

  it('refuses what a member commits whose place another one has, and says of what its client died', async () => {
    const topic = await withTopic(broker)
    const applicationId = fresh('app')
    await send(broker, { topic, partition: 0 }, 100)
    const former = await join(applicationId, topic, { instanceId: 'machine-1' })
    await until('all rows are read', () => former.rows.length === 100)
    const heir = await join(applicationId, topic, { instanceId: 'machine-1' })
    await until('the heir has read them', () => heir.rows.length === 100)
    const position = (offset: number): TopicPartitionOffset => ({ topic, partition: 0, offset })
    await heir.group.commit([position(40)])
    const refused = await former.group.commit([position(60)]).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(BrokerError)
    expect(await heir.group.committed([position(0)])).to.deep.equal([position(40)])
    await until('it hears of it', () => former.failure !== undefined)
    expect(former.failure).to.have.property('code', 'MILLRACE_FENCED')
    expect(former.failure?.message).to.contain('group.instance.id')
    expect(heir.failure).to.equal(undefined)
  })

  for (const named of [{}, { instanceId: 'machine-1' }]) {
    it(`is replaced within two seconds of leaving, ${'instanceId' in named ? 'a member that has a name (KIP-345) too' : 'one without a name'}`, async () => {
      const topic = await withTopic(broker, 2)
      const applicationId = fresh('app')
      const first = await join(applicationId, topic, named)
      const second = await join(applicationId, topic)
      await until('they share', () => first.readers.size === 1 && second.readers.size === 1)
      const leftAt = Date.now()
      await first.leave()
      await send(broker, { topic, partition: 0 }, 10)
      await send(broker, { topic, partition: 1 }, 10)
      await until('the other reads both', () => partitionsOf(second.rows).size === 2)
      expect(Date.now() - leftAt).to.be.lessThan(2_000)
    })
  }

  for (const delayMs of [0, 5, 10, 20, 40, 80]) {
    it(`leaves in time while it joins, after ${delayMs} ms`, async () => {
      const topic = await withTopic(broker)
      const startedAt = Date.now()
      const member = await join(fresh('app'), topic)
      await sleep(delayMs)
      await member.group.leave()
      await member.group.leave()
      // A client that does not close is given up after ten seconds.
      expect(Date.now() - startedAt).to.be.lessThan(8_000)
    })
  }

  it('gives every row, though the client met marks of transactions while a rebalance had paused it', async () => {
    const topics = [await withTopic(broker), await withTopic(broker)]
    const values = Array.from({ length: 20 }, (_, i) => `v${i}`)
    for (const topic of topics) {
      await sendTransactions(
        topic,
        values.map((value) => ({ values: [value], ending: 'commit' })),
      )
    }
    const own = await connect({ dataPath })
    const applicationId = fresh('app')
    const group = await own.openGroup({ applicationId, stateDir: '/nowhere' })
    const port = openChannel(group)
    const readers = new Map<string, PartitionReader>()
    const offsets = new Map(topics.map((topic) => [topic, [] as number[]]))
    const poll = () => {
      for (const [topic, reader] of readers) {
        offsets.get(topic)!.push(...(reader.poll()?.offsets ?? []))
      }
    }
    let given = 0
    const listener = {
      onAssigned: (partitions: readonly TopicPartition[]) => {
        given += partitions.length
        return Promise.resolve(partitions.map((of) => ({ ...of, offset: 0 })))
      },
      // The one that stays is paused, and what was fetched of it is of no use any more.
      onRevoked: async (partitions: readonly TopicPartition[]) => {
        for (const { topic } of partitions) {
          readers.get(topic)?.close()
          readers.delete(topic)
        }
        for (let i = 0; i < 20; i++) {
          poll()
          await sleep(5)
        }
      },
      onLost: () => Promise.resolve(),
      onFailed: (error: Error) => {
        throw error
      },
    }
    await group.join(topics, listener)
    await until('it has both', () => given === 2)
    // As one that restores first: the client has fetched everything before anybody reads.
    for (const topic of topics) {
      readers.set(topic, port.openReader({ topic, partition: 0, offset: 0 }))
    }
    await sleep(500)
    const other = await connect({ dataPath })
    const second = await other.openGroup({ applicationId, stateDir: '/nowhere' })
    await second.join(topics, {
      ...listener,
      onAssigned: (partitions) => Promise.resolve(partitions.map((of) => ({ ...of, offset: 0 }))),
    })
    await until('they share', () => readers.size === 1)
    const [kept] = readers.keys()
    await until('it has read on', () => {
      poll()
      return readers.get(kept!)!.position >= 2 * values.length - 1
    })
    expect(offsets.get(kept!)).to.deep.equal(values.map((_, i) => 2 * i))
    await other.close()
    await own.close()
    port.close()
  })

  it('refuses to join a topic that is missing', async () => {
    const own = await connect({ dataPath })
    const group = await own.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
    const listener = {
      onAssigned: () => Promise.resolve([]),
      onRevoked: () => Promise.resolve(),
      onLost: () => Promise.resolve(),
      onFailed: () => undefined,
    }
    const topic = fresh('nowhere')
    const failure = await group.join([topic], listener).catch((error: unknown) => error)
    expect(failure).to.include({ code: 'MILLRACE_TOPIC_MISSING' })
    expect((failure as Error).message).to.include(topic)
    await own.close()
  })

  it('seeks when an assigned partition is opened again', async () => {
    const topic = await withTopic(broker)
    await send(broker, { topic, partition: 0 }, 5_000)
    const member = await join(fresh('app'), topic)
    await until('all rows are read', () => member.rows.length === 5_000)
    member.idle = true
    const replacement = openChannel(member.group, 0)
    const reader = replacement.openReader({ topic, partition: 0, offset: 4_998 })
    expect((await pollRecords(reader, 2)).map(({ offset }) => offset)).to.deep.equal([4_998, 4_999])
    reader.close()
    const again = replacement.openReader({ topic, partition: 0, offset: 10 })
    const offsets = (await pollRecords(again, 4_990)).map(({ offset }) => offset)
    expect(offsets).to.deep.equal(Array.from({ length: 4_990 }, (_, i) => i + 10))
    replacement.close()
  })

  it('reads partitions outside its assignment to their end', async () => {
    await withDirectory(async (stateDir) => {
      const own = await connect({ dataPath })
      const input = await withTopic(own)
      const changelog = await withTopic(own, 2)
      await send(own, { topic: changelog, partition: 1 }, 3_000)
      const group = await own.openGroup({ applicationId: fresh('app'), stateDir })
      const port = openChannel(group)
      const empty = port.openReader({ topic: changelog, partition: 0, offset: 0 })
      const full = port.openReader({ topic: changelog, partition: 1, offset: 2_000 })
      expect(full.end, 'behind until something is known').to.equal(Infinity)
      expect(valuesOf(await pollRecords(full, 1_000))[0]).to.equal('v2000')
      await until('both ends are known', () => {
        expect(empty.poll() ?? full.poll()).to.equal(undefined)
        return empty.end === 0 && full.end === 3_000
      })
      full.close()
      port.produce({ topic: changelog, partition: 0 }, numbered(3))
      port.produce({ topic: input, partition: 0 }, new RecordBatchBuilder())
      await group.commit([])
      expect(valuesOf(await pollRecords(empty, 3))).to.deep.equal(['v0', 'v1', 'v2'])
      port.close()
      await own.close()
    })
  })
}

const partitionsOf = (rows: readonly SeenRow[]): Set<number> =>
  new Set(rows.map(({ partition }) => partition))

interface Writing {
  /** Ends the writing; answers how many rows each of the four partitions got. */
  stop(): Promise<number>
}

function writeUntilStopped(broker: Broker, topic: string): Writing {
  let going = true
  let perPartition = 0
  const written = (async () => {
    const producer = await broker.openProducer()
    while (going) {
      for (let partition = 0; partition < 4; partition++) {
        await producer.send({ topic, partition }, numbered(20))
      }
      perPartition += 20
      await producer.flush()
    }
    await producer.close()
    return perPartition
  })()
  return {
    stop: () => {
      going = false
      return written
    },
  }
}
