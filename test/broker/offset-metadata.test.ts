// What lies beside committed offsets, against what Kafka Streams 4.1 writes there.
import { expect } from 'chai'
import { metadataOf, partitionTimeOf } from '../../broker/kafka/offset-metadata.ts'

const at = { topic: 'calls', partition: 0, offset: 7 }

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
})
