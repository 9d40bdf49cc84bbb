// Where the readers of a worker put what they poll: as much as they like while they are few, and never more together
// than there is for all of them.
import { expect } from 'chai'
import { PollRooms, ROOMS_BYTES_MAX } from '../../broker/kafka/poll-rooms.ts'

describe('the rooms of readers', () => {
  it('serve again when they were given back', () => {
    const rooms = new PollRooms()
    const room = rooms.take()
    rooms.give(room)
    expect(rooms.take()).to.equal(room)
    expect(rooms.take()).to.not.equal(room)
  })

  it('may grow to half a megabyte where few have rows', () => {
    const rooms = new PollRooms()
    for (let reader = 0; reader < 12; reader++) rooms.take()
    expect(rooms.bytesMax).to.equal(524_288)
  })

  it('take no more than their budget where thousands have rows at once', () => {
    const rooms = new PollRooms()
    const all = Array.from({ length: 3_000 }, () => rooms.take())
    const polled = all.map((room) => rooms.renew(room))
    const bytes = polled.reduce((sum, room) => {
      const columns = [room.bytes, room.ends, room.nulls, room.timestamps, room.offsets]
      return sum + columns.reduce((all, { byteLength }) => all + byteLength, 0)
    }, 0)
    expect(bytes).to.be.at.most(ROOMS_BYTES_MAX)
    expect(rooms.bytesMax, 'nor may they grow').to.be.at.most(8_192)
  })

  it('are large again when the others have none', () => {
    const rooms = new PollRooms()
    const all = Array.from({ length: 3_000 }, () => rooms.take())
    const small = rooms.renew(all.pop()!)
    for (const room of all) rooms.give(room)
    for (let i = 0; i < 5; i++) rooms.take()
    expect(rooms.take().bytes.length).to.equal(65_536)
    expect([small, rooms.renew(small)].map(({ offsets }) => offsets.length)).to.deep.equal([
      64, 1_024,
    ])
  })
})
