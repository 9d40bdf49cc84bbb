// What every implementation of the broker's ports must do. Each broker's own test runs this suite,
// and adds what is its own.
import { expect } from 'chai'
import { describeDataPort, describeGroup } from './contract-group.ts'
import {
  fresh,
  send,
  withTopic,
  type ContractSession,
  type OpenSession,
} from './contract-member.ts'
import { describeRows } from './contract-rows.ts'
import { describeTransactionalProducer } from './contract-transactions.ts'
import { numbered, readRecords, rowsOf, valuesOf } from './records.ts'

export type { ContractSession, OpenSession } from './contract-member.ts'

/** Adds the suite for one implementation; `open` is called within each test. */
export function describeBrokerContract(name: string, open: OpenSession): void {
  describe(`the contract of a broker, held by ${name}`, function () {
    this.timeout(120_000)
    const sessions: ContractSession[] = []
    const opened: OpenSession = async () => {
      const session = await open()
      sessions.push(session)
      return session
    }
    afterEach(async () => {
      for (const session of sessions.splice(0).reverse()) await session.close()
    })
    describeTopics(opened)
    describeProducer(opened)
    describeTransactionalProducer(opened)
    describeStandaloneReader(opened)
    describeGroup(opened)
    describeDataPort(opened)
    describeRows(opened)
  })
}

function describeTopics(open: OpenSession): void {
  it('creates missing topics and lists them with their partitions', async () => {
    const { broker } = await open()
    const names = [fresh('orders'), fresh('audit')]
    await broker.ensureTopics([
      { name: names[0] ?? '', partitions: 3 },
      { name: names[1] ?? '', partitions: 1, config: { 'retention.ms': '86400000' } },
    ])
    const listed = (await broker.topics()).filter((topic) => names.includes(topic.name))
    expect(listed).to.have.deep.members([
      { name: names[0], partitions: 3 },
      { name: names[1], partitions: 1 },
    ])
  })

  it('accepts a topic that is there with the same number of partitions', async () => {
    const { broker } = await open()
    const name = await withTopic(broker, 2)
    await broker.ensureTopics([{ name, partitions: 2 }])
    expect((await broker.topics()).filter((topic) => topic.name === name)).to.have.length(1)
  })

  it('refuses another number of partitions, and names the topic and both numbers', async () => {
    const { broker } = await open()
    const name = await withTopic(broker, 2)
    const failure = await failureOf(broker.ensureTopics([{ name, partitions: 5 }]))
    expect(failure).to.have.property('code', 'MILLRACE_TOPIC_MISMATCH')
    expect(failure.message).to.include(name).and.match(/\b2\b/).and.match(/\b5\b/)
  })

  it('says which topic is missing', async () => {
    const { broker } = await open()
    const topic = fresh('nowhere')
    const failure = await failureOf(broker.watermarks([{ topic, partition: 0 }]))
    expect(failure).to.have.property('code', 'MILLRACE_TOPIC_MISSING')
    expect(failure.message).to.include(topic)
  })

  it('closes any number of times', async () => {
    const { broker } = await open()
    await broker.close()
    await broker.close()
  })
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work
  } catch (error) {
    expect(error).to.be.instanceOf(Error)
    return error as Error
  }
  throw new Error('it was expected to fail')
}

function describeProducer(open: OpenSession): void {
  it('counts every row as delivered once it was flushed', async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 2)
    const producer = await broker.openProducer()
    const rows = numbered(500)
    await producer.send({ topic, partition: 0 }, rows)
    expect(rows.count, 'the builder is cleared').to.equal(0)
    await producer.send({ topic, partition: 1 }, numbered(70))
    await producer.flush()
    expect(producer.delivered).to.equal(570)
    await producer.close()
    const [first, second] = await broker.watermarks([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ])
    expect(first).to.deep.equal({ start: 0, end: 500 })
    expect(second).to.deep.equal({ start: 0, end: 70 })
  })

  it('flushes at once when nothing was sent', async () => {
    const { broker } = await open()
    const producer = await broker.openProducer()
    await producer.flush()
    expect(producer.delivered).to.equal(0)
    await producer.close()
  })
}

function describeStandaloneReader(open: OpenSession): void {
  it('gives back keys, values, timestamps and headers, null apart from empty', async () => {
    const { broker } = await open()
    const topic = await withTopic(broker)
    const written = [
      { key: 'k', value: 'v', timestampMs: 1_700_000_000_123, headers: [] },
      { key: null, value: 'no key', timestampMs: 2, headers: [['trace', 'a1'] as const] },
      { key: '', value: '', timestampMs: 3, headers: [] },
      { key: 'gone', value: null, timestampMs: 4, headers: [] },
      {
        key: 'ключ',
        value: 'значение',
        timestampMs: 5,
        headers: [['a', '1'] as const, ['b', ''] as const, ['a', '2'] as const],
      },
    ]
    const producer = await broker.openProducer()
    await producer.send({ topic, partition: 0 }, rowsOf(written))
    await producer.flush()
    await producer.close()
    const reader = await broker.openReader({ topic, partition: 0, offset: 0 })
    expect(await readRecords(reader, 5)).to.deep.equal(
      written.map((record, offset) => ({ ...record, offset })),
    )
    await reader.close()
  })

  it('reads from an offset in the middle, waits, and goes on with what is written later', async () => {
    const { broker } = await open()
    const topic = await withTopic(broker, 2)
    await send(broker, { topic, partition: 1 }, 100)
    const reader = await broker.openReader({ topic, partition: 1, offset: 97 })
    const records = await readRecords(reader, 3)
    expect(records.map(({ offset }) => offset)).to.deep.equal([97, 98, 99])
    expect(await reader.read(20)).to.equal(undefined)
    await send(broker, { topic, partition: 1 }, 2)
    expect((await readRecords(reader, 2)).map(({ offset }) => offset)).to.deep.equal([100, 101])
    await reader.close()
  })

  it('keeps the order of many sends', async () => {
    const { broker } = await open()
    const topic = await withTopic(broker)
    const producer = await broker.openProducer()
    for (let i = 0; i < 20; i++) {
      await producer.send({ topic, partition: 0 }, numbered(50, `${i}/`))
    }
    await producer.flush()
    await producer.close()
    const reader = await broker.openReader({ topic, partition: 0, offset: 0 })
    const expected = Array.from({ length: 1000 }, (_, i) => `${Math.floor(i / 50)}/${i % 50}`)
    expect(valuesOf(await readRecords(reader, 1000))).to.deep.equal(expected)
    await reader.close()
  })
}
