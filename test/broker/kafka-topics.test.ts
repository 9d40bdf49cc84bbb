// Offsets of many partitions, asked of a broker that does not lead all of them yet.
import { expect } from 'chai'
import type { ClientFactory } from '../../broker/kafka/clients.ts'
import { RdCode, type RdConsumer, type RdError } from '../../broker/kafka/rd-client.ts'
import { Topics } from '../../broker/kafka/topics.ts'
import type { TopicPartitionOffset } from '../../broker/ports.ts'

const LATEST = -1

describe('offsets of many partitions', () => {
  const partitions = Array.from({ length: 100 }, (_, partition) => ({ topic: 't', partition }))
  let together: number
  let alone: number

  /** A client whose broker refuses the first questions for all partitions. */
  function topicsOf(code: number, refusals: number): Topics {
    together = 0
    alone = 0
    const lookup = {
      offsetsForTimes: (
        times: readonly TopicPartitionOffset[],
        _ms: number,
        done: (error: RdError | null, found: readonly TopicPartitionOffset[]) => void,
      ) => {
        together += 1
        if (together <= refusals) return done({ code, message: 'refused' }, [])
        const end = (partition: number): number => 10 + partition
        done(
          null,
          times.map((at) => ({ ...at, offset: at.offset === LATEST ? end(at.partition) : 2 })),
        )
      },
      queryWatermarkOffsets: (
        _topic: string,
        partition: number,
        _ms: number,
        done: (error: null, offsets: { lowOffset: number; highOffset: number }) => void,
      ) => {
        alone += 1
        done(null, { lowOffset: 2, highOffset: 10 + partition })
      },
    } as unknown as RdConsumer
    const factory = { address: { bootstrapServers: 'broker:9092', settings: {} } }
    return new Topics(factory as unknown as ClientFactory, lookup, 1)
  }
  const expected = partitions.map(({ partition }) => ({ start: 2, end: 10 + partition }))

  it('are asked for together again until a broker leads all that it was told to', async () => {
    const topics = topicsOf(RdCode.notLeader, 4)
    expect(await topics.allWatermarks(partitions)).to.deep.equal(expected)
    expect([together, alone]).to.deep.equal([6, 0])
  })

  it('are asked for one by one where the question for all is refused otherwise', async () => {
    const topics = topicsOf(RdCode.topicDenied, Infinity)
    expect(await topics.allWatermarks(partitions)).to.deep.equal(expected)
    expect([together, alone]).to.deep.equal([2, 100])
  })
})
