// The part of the contract that is about groups and the data ports of their workers.
import { expect } from 'chai'
import { fresh, Member, send, withTopic, type OpenSession } from './contract-member.ts'
import { numbered, pollRecords, readRecords, until, valuesOf } from './records.ts'

/** Membership, assignment and committed offsets. */
export function describeGroup(open: OpenSession): void {
  it('assigns every partition of the topics to the only member', async () => {
    const session = await open()
    const first = await withTopic(session.broker, 2)
    const second = await withTopic(session.broker, 1)
    const member = await Member.join(session, fresh('app'), [first, second], 3)
    expect([...member.readers.keys()]).to.have.members([`${first}/0`, `${first}/1`, `${second}/0`])
    await member.leave()
  })

  it('starts where nothing was committed at the beginning', async () => {
    const session = await open()
    const topic = await withTopic(session.broker)
    await send(session.broker, { topic, partition: 0 }, 10)
    const member = await Member.join(session, fresh('app'), [topic], 1)
    expect(await member.group.committed([{ topic, partition: 0 }])).to.deep.equal([
      { topic, partition: 0, offset: 0 },
    ])
    const records = await pollRecords(member.reader(topic, 0), 10)
    expect(records.map(({ offset }) => offset)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    await member.leave()
  })

  it('goes on after a restart from what was committed', async () => {
    const before = await open()
    const applicationId = fresh('app')
    const topic = await withTopic(before.broker, 2)
    await send(before.broker, { topic, partition: 0 }, 10)
    const member = await Member.join(before, applicationId, [topic], 2)
    await pollRecords(member.reader(topic, 0), 10)
    await member.commit([{ topic, partition: 0, offset: 7 }])
    await member.leave()
    await before.broker.close()

    const after = await open()
    const again = await Member.join(after, applicationId, [topic], 2)
    expect(
      await again.group.committed([
        { topic, partition: 0 },
        { topic, partition: 1 },
      ]),
    ).to.deep.equal([
      { topic, partition: 0, offset: 7 },
      { topic, partition: 1, offset: 0 },
    ])
    expect(valuesOf(await pollRecords(again.reader(topic, 0), 3))).to.deep.equal(['v7', 'v8', 'v9'])
    await again.leave()
  })
}

/** What a worker produces, reads and keeps. */
export function describeDataPort(open: OpenSession): void {
  it('shows what a worker produced once it is committed, in the order of its calls', async () => {
    const session = await open()
    const input = await withTopic(session.broker)
    const output = await withTopic(session.broker, 2)
    const member = await Member.join(session, fresh('app'), [input], 1)
    const rows = numbered(300, 'a')
    member.port.produce({ topic: output, partition: 1 }, rows)
    expect(rows.count, 'the builder is cleared').to.equal(0)
    member.port.produce({ topic: output, partition: 1 }, numbered(2, 'b'))
    expect(member.port.pendingBytes).to.be.greaterThan(0)
    await member.commit([{ topic: input, partition: 0, offset: 0 }])
    await until('nothing is pending', () => member.port.pendingBytes === 0)
    const [quiet, busy] = await session.broker.watermarks([
      { topic: output, partition: 0 },
      { topic: output, partition: 1 },
    ])
    expect(quiet?.end).to.equal(0)
    expect(busy?.end).to.be.at.least(302)
    const reader = await session.broker.openReader({ topic: output, partition: 1, offset: 0 })
    const values = valuesOf(await readRecords(reader, 302))
    expect(values.slice(0, 2)).to.deep.equal(['a0', 'a1'])
    expect(values.slice(299)).to.deep.equal(['a299', 'b0', 'b1'])
    await reader.close()
    await member.leave()
  })

  it('tells its position, and that it has come to the end', async () => {
    const session = await open()
    const topic = await withTopic(session.broker)
    await send(session.broker, { topic, partition: 0 }, 20)
    const member = await Member.join(session, fresh('app'), [topic], 1)
    const reader = member.reader(topic, 0)
    expect(reader).to.include({ topic, partition: 0, position: 0 })
    await pollRecords(reader, 20)
    expect(reader.position).to.equal(20)
    expect(reader.poll()).to.equal(undefined)
    await until('the end is known', () => {
      expect(reader.poll()).to.equal(undefined)
      return reader.end === 20
    })
    await send(session.broker, { topic, partition: 0 }, 5)
    expect((await pollRecords(reader, 5)).map(({ offset }) => offset)).to.deep.equal([
      20, 21, 22, 23, 24,
    ])
    expect(reader.position).to.equal(25)
    await member.leave()
  })

  it('keeps the state that a task wrote', async () => {
    const before = await open()
    const applicationId = fresh('app')
    const topic = await withTopic(before.broker)
    const member = await Member.join(before, applicationId, [topic], 1)
    const state = member.port.openState('0_0')
    const table = state.table('counts')
    const write = (): void =>
      state.transaction(() => table.putSync(Buffer.from('k'), Buffer.from('1')))
    await member.commit([{ topic, partition: 0, offset: 0 }], write)
    if (!member.port.transactional) write()
    member.port.closeState('0_0')
    const reopened = member.port.openState('0_0').table('counts').get(Buffer.from('k'))
    expect(reopened?.toString()).to.equal('1')
    await member.leave()
  })

  it('makes all of a commit durable or nothing, where it is transactional', async function () {
    const session = await open()
    const topic = await withTopic(session.broker)
    const member = await Member.join(session, fresh('app'), [topic], 1)
    if (!member.port.transactional) {
      await member.leave()
      return this.skip()
    }
    const state = member.port.openState('0_0')
    const table = state.table('counts')
    member.port.produce({ topic, partition: 0 }, numbered(3))
    expect(member.reader(topic, 0).poll(), 'nothing is visible before').to.equal(undefined)
    expect(() =>
      member.port.commit(() => {
        state.transaction(() => table.putSync(Buffer.from('k'), Buffer.from('1')))
        throw new Error('the task failed')
      }),
    ).to.throw('the task failed')
    expect(member.reader(topic, 0).poll()).to.equal(undefined)
    expect(table.get(Buffer.from('k'))).to.equal(undefined)
    await member.commit([{ topic, partition: 0, offset: 0 }])
    expect(valuesOf(await pollRecords(member.reader(topic, 0), 3))).to.deep.equal([
      'v0',
      'v1',
      'v2',
    ])
    await member.leave()
  })
}
