// The assignment of a member of a consumer group, in Kafka's bytes.
import { expect } from 'chai'
import { readAssignment } from '../../broker/kafka/group-assignment.ts'

describe("a member's assignment", () => {
  const bytesOf = (topics: Readonly<Record<string, readonly number[]>>): Buffer => {
    const parts = [Buffer.from([0, 1]), int32(Object.keys(topics).length)]
    for (const [topic, partitions] of Object.entries(topics)) {
      const length = Buffer.byteLength(topic)
      parts.push(Buffer.from([length >> 8, length & 255]), Buffer.from(topic))
      parts.push(int32(partitions.length), ...partitions.map(int32))
    }
    // What an assignor adds is none of ours.
    return Buffer.concat([...parts, int32(3), Buffer.from('abc')])
  }
  const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return bytes
  }

  it('names the partitions of each topic', () => {
    const bytes = bytesOf({ orders: [0, 300], größen: [7], none: [] })
    expect(readAssignment(bytes)).to.deep.equal([
      { topic: 'orders', partition: 0 },
      { topic: 'orders', partition: 300 },
      { topic: 'größen', partition: 7 },
    ])
  })

  it('may be of nothing', () => {
    expect(readAssignment(bytesOf({}))).to.deep.equal([])
  })
})
