// How much a consumer fetches ahead of what is processed: by the budget of all partitions, unless the user says.
import { expect } from 'chai'
import { fetchConf, type KafkaSettings } from '../../broker/kafka/settings.ts'

const MB = 1_048_576

describe('what is fetched ahead', () => {
  const conf = (
    budget: { readonly bytes: number; readonly partitions: number },
    consumer: KafkaSettings['consumer'] = {},
  ) => {
    const settings = { common: {}, consumer, producer: {}, admin: {} }
    return fetchConf({ bootstrapServers: 'b', clientId: 'c', settings }, budget)
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

  it('is what the user sets, by either name', () => {
    const budget = { bytes: 64 * MB, partitions: 1_000 }
    const set = conf(budget, { 'fetch.message.max.bytes': '5', 'queued.max.messages.kbytes': '6' })
    expect(Object.keys(set)).to.deep.equal(['fetch.max.bytes'])
  })
})
