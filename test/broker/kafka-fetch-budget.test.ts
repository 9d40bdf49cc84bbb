// How much a consumer fetches ahead of what is processed: by the budget of all partitions, unless the user says.
import { expect } from 'chai'
import {
  besideFetchConf,
  fetchConf,
  transactionalConf,
  type KafkaSettings,
} from '../../broker/kafka/settings.ts'

const MB = 1_048_576

describe('what is fetched ahead', () => {
  const conf = (
    budget: { readonly bytes: number; readonly partitions: number },
    consumer: KafkaSettings['consumer'] = {},
    confOf = fetchConf,
  ) => {
    const settings = { common: {}, consumer, producer: {}, admin: {} }
    return confOf({ bootstrapServers: 'b', clientId: 'c', settings }, budget)
  }

  it('of a few partitions is what the client and Millrace have always taken', () => {
    expect(conf({ bytes: 512 * MB, partitions: 12 })).to.deep.equal({
      'queued.max.messages.kbytes': '8192',
      'max.partition.fetch.bytes': '1048576',
      'fetch.max.bytes': '52428800',
    })
  })

  it('of thousands is within the budget, all of them taken together', () => {
    for (const bytes of [128 * MB, 512 * MB]) {
      const partitions = 3_000
      const set = conf({ bytes, partitions })
      const each =
        Number(set['queued.max.messages.kbytes']) * 1_024 + Number(set['max.partition.fetch.bytes'])
      expect(each * partitions).to.be.within(bytes / 2, bytes)
      expect(Number(set['fetch.max.bytes'])).to.be.at.most(bytes / 8)
    }
  })

  it('of changelogs comes in larger pieces, within the same budget', () => {
    const piece = (partitions: number) =>
      conf({ bytes: 512 * MB, partitions }, {}, besideFetchConf)['max.partition.fetch.bytes']
    expect([12, 64, 1_024].map(piece)).to.deep.equal([`${4 * MB}`, `${4 * MB}`, `${MB / 4}`])
  })

  it('of hundreds comes by answers that wait for more than a row: each asks for all of them', () => {
    const minimum = (partitions: number) => conf({ bytes: 512 * MB, partitions })['fetch.min.bytes']
    expect([255, 256].map(minimum)).to.deep.equal([undefined, '65536'])
    const little = conf({ bytes: 64 * MB, partitions: 1_000 })
    expect(little['fetch.min.bytes'], 'no more than one that is behind may give').to.equal(
      little['max.partition.fetch.bytes'],
    )
    const set = conf({ bytes: 512 * MB, partitions: 1_000 }, { 'fetch.min.bytes': '1' })
    expect(set).not.to.have.property('fetch.min.bytes')
  })

  it('of thousands waits longer for that: what a broker goes through for nothing does not grow with them', () => {
    const wait = (partitions: number, consumer = {}) =>
      conf({ bytes: 512 * MB, partitions }, consumer)['fetch.wait.max.ms']
    expect([255, 256, 1_000, 2_000, 9_000].map((partitions) => wait(partitions))).to.deep.equal([
      ...[undefined, '100', '250', '500', '500'],
    ])
    expect(wait(2_000, { 'fetch.wait.max.ms': '7' }), 'the user sets it').to.equal(undefined)
  })

  it('is what the user sets, by either name', () => {
    const budget = { bytes: 64 * MB, partitions: 1_000 }
    const set = conf(budget, { 'fetch.message.max.bytes': '5', 'queued.max.messages.kbytes': '6' })
    expect(Object.keys(set)).to.have.members([
      'fetch.max.bytes',
      'fetch.min.bytes',
      'fetch.wait.max.ms',
    ])
  })
})

describe('how long a transaction may take', () => {
  const timeoutOf = (partitions?: number, producer: KafkaSettings['producer'] = {}) => {
    const settings = { common: {}, consumer: {}, producer, admin: {} }
    const conf = transactionalConf(
      { bootstrapServers: 'b', clientId: 'c', settings },
      'x',
      partitions,
    )
    expect(conf['message.timeout.ms']).to.equal(conf['transaction.timeout.ms'])
    return conf['transaction.timeout.ms']
  }

  it('is as in Kafka Streams, longer with many partitions, and what the user sets', () => {
    const partitions = [undefined, 300, 1_000, 100_000]
    expect(partitions.map((count) => timeoutOf(count))).to.deep.equal([
      '10000',
      '10000',
      '30000',
      '60000',
    ])
    expect(timeoutOf(1_000, { 'transaction.timeout.ms': '5000' })).to.equal('5000')
  })
})
