// What a reader makes of what the addon answers, on answers made up here.
import { expect } from 'chai'
import { PollRooms } from '../../broker/kafka/poll-rooms.ts'
import { NativeReader } from '../../broker/kafka/native-reader.ts'
import { PollState, type KafkaAddon, type ReaderHandle } from '../../broker/native/kafka-addon.ts'

interface Answer {
  readonly offsets?: readonly number[]
  readonly state?: Partial<Record<Exclude<keyof typeof PollState, 'slots'>, number>>
}

/** A reader of an addon that gives these answers, one a poll, and what the reader does. */
function readerOf(...answers: (Answer | 'gone')[]) {
  const failures: string[] = []
  const rooms: number[] = []
  const poll: KafkaAddon['poll'] = (_, bytes, ends, _nulls, _timestamps, offsets, state) => {
    rooms.push(bytes.length)
    const answer = answers.shift() ?? {}
    if (answer === 'gone') return -1
    const unknown = { bytes: 0, needed: 0, left: 0, endOfPartition: -1, highWatermark: -1 }
    for (const [name, value] of Object.entries({ ...unknown, error: 0, ...answer.state })) {
      state[PollState[name as keyof typeof PollState]] = value
    }
    offsets.set(answer.offsets ?? [])
    ends.fill(0)
    return answer.offsets?.length ?? 0
  }
  const addon = {
    openReader: () => ({}) as ReaderHandle,
    closeReader: () => undefined,
    readerError: () => 'not allowed',
    poll,
  } as unknown as KafkaAddon
  const reader = new NativeReader({ topic: 't', partition: 0, offset: 5 }, addon, {
    receive: () => undefined,
    rooms: new PollRooms(),
    failed: (code, message) => failures.push(`${code} ${message}`),
    closed: () => failures.push('closed'),
  })
  return { reader, failures, rooms }
}

describe('a reader of a partition that the worker polls itself', () => {
  it('gives nothing before it is told that the consumer stands where it reads', () => {
    const { reader } = readerOf({ offsets: [5] })
    expect(reader.poll()).to.equal(undefined)
    expect(reader.end, 'nothing is known').to.equal(Infinity)
    reader.opened('client', 1)
    expect(reader.poll()?.offsets).to.deep.equal(Float64Array.of(5))
  })

  it('is behind up to the end that a fetch told, until the partition says that this was all', () => {
    const { reader } = readerOf(
      { offsets: [5, 6], state: { highWatermark: 10 } },
      {},
      { state: { endOfPartition: 10 } },
      { offsets: [10], state: { highWatermark: 10 } },
    )
    reader.opened('client', 1)
    reader.poll()
    expect(reader).to.include({ position: 7, end: 10 })
    reader.poll()
    expect(reader, 'nothing new').to.include({ position: 7, end: 10 })
    reader.poll()
    expect(reader, 'control records lie between').to.include({ position: 10, end: 10 })
    reader.poll()
    expect(reader, 'an old end is none').to.include({ position: 11, end: 11 })
  })

  it('reports the errors of its partition', () => {
    const { reader, failures } = readerOf({ state: { error: 29 } }, {})
    reader.opened('client', 1)
    expect(reader.poll()).to.equal(undefined)
    expect(reader.poll()).to.equal(undefined)
    expect(failures).to.deep.equal(['29 not allowed'])
  })

  it('makes room for a record that has none, and for more where some are left', () => {
    const { reader, rooms } = readerOf(
      { state: { needed: 1_000_000, left: 1 } },
      { offsets: [5] },
      { offsets: [6] },
    )
    reader.opened('client', 1)
    expect(reader.poll()?.count).to.equal(1)
    reader.poll()
    expect(rooms).to.deep.equal([65_536, 1_048_576, 1_048_576])
    const more = readerOf({ offsets: [5], state: { left: 1 } }, {})
    more.reader.opened('client', 1)
    more.reader.poll()
    more.reader.poll()
    expect(more.rooms).to.deep.equal([65_536, 131_072])
  })

  it('gives nothing when its client is gone, nor after it was closed', () => {
    const { reader, failures } = readerOf('gone', { offsets: [5] })
    reader.opened('client', 1)
    expect(reader.poll()).to.equal(undefined)
    reader.close()
    reader.close()
    reader.opened('client', 1)
    expect(reader.poll()).to.equal(undefined)
    expect(failures).to.deep.equal(['closed'])
  })
})
