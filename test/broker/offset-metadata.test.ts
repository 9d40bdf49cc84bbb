// What lies beside committed offsets, against what Kafka Streams 4.1 writes there.
import { expect } from 'chai'
import { metadataFrom, metadataOf } from '../../broker/kafka/offset-metadata.ts'

const at = { topic: 'calls', partition: 0, offset: 7 }
const partitionTimeOf = (metadata: string | undefined): number | undefined =>
  metadataFrom(metadata).partitionTimeMs

describe('the metadata of an offset', () => {
  it('is what Kafka Streams writes for a time', () => {
    const of = (partitionTimeMs: number) => metadataOf({ ...at, partitionTimeMs })
    expect(of(1_700_000_000_000)).to.equal('AgAAAYvP5WgA')
    expect(of(0)).to.equal('AgAAAAAAAAAA')
    expect(metadataOf(at)).to.equal(undefined)
  })

  it('tells the time that Kafka Streams has written, with or without what processors add', () => {
    expect(partitionTimeOf('AgAAAYvP5WgA')).to.equal(1_700_000_000_000)
    expect(partitionTimeOf('AgAAAYvP5WgAAAAAAQAAAAZub2RlLTEAAAAAAAAAKg==')).to.equal(
      1_700_000_000_000,
    )
    // Version 1, of before processors had any.
    expect(partitionTimeOf('AQAAAYvP5WgA')).to.equal(1_700_000_000_000)
  })

  it('tells none where there is none, or someone else has written it', () => {
    // -1, which Kafka Streams writes for a partition without records.
    for (const metadata of [undefined, '', 'Av//////////', 'a note', 'AwAAAYvP5WgA', 'AgAA']) {
      expect(partitionTimeOf(metadata), metadata).to.equal(undefined)
    }
  })

  it('has restore points as Kafka Streams has the numbers of its processors', () => {
    const restorePoints = {
      counts: { offset: 12, number: 3 },
      'daily totals': { offset: 2 ** 40, number: 2 ** 50 },
    }
    const metadata = metadataOf({ ...at, partitionTimeMs: 1_700_000_000_000, restorePoints })!
    expect(metadataFrom(metadata)).to.deep.equal({
      partitionTimeMs: 1_700_000_000_000,
      restorePoints,
    })
    const bytes = Buffer.from(metadata, 'base64')
    expect(bytes.readInt32BE(9), 'of as many').to.equal(4)
    const name = 'restore-offset/counts'
    expect(bytes.readInt32BE(13)).to.equal(name.length)
    expect(bytes.toString('utf8', 17, 17 + name.length)).to.equal(name)
    expect(bytes.readBigInt64BE(17 + name.length)).to.equal(12n)
    expect(metadataFrom(metadataOf({ ...at, restorePoints }))).to.deep.equal({ restorePoints })
  })

  it('leaves out restore points for which brokers have no room, and reads what is cut short', () => {
    const points = Array.from(
      { length: 200 },
      (_, i) => [`store-${i}`, { offset: i, number: i }] as const,
    )
    const metadata = metadataOf({ ...at, restorePoints: Object.fromEntries(points) })!
    expect(metadata.length).to.be.lessThan(4_096)
    const read = Object.keys(metadataFrom(metadata).restorePoints!)
    expect(read).to.have.length.greaterThan(20)
    const cut = Buffer.from(metadata, 'base64').subarray(0, -1).toString('base64')
    expect(Object.keys(metadataFrom(cut).restorePoints!)).to.deep.equal(read.slice(0, -1))
  })
})
