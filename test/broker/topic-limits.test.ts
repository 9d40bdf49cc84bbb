// What topics of Kafka take, as their settings say, and what the producer is set to by it.
import { expect } from 'chai'
import { batchConf, isUncompressed, MESSAGE_OVERHEAD_BYTES } from '../../broker/kafka/settings.ts'
import { askForLimits, limitsOf, withoutSizes } from '../../broker/kafka/topic-limits.ts'
import type { KafkaAddon, SettingsOfTopics } from '../../broker/native/kafka-addon.ts'

const NONE = { recordBytesMax: Infinity, behindMsMax: Infinity, aheadMsMax: Infinity }

const addressWith = (producer: Readonly<Record<string, string>>) => ({
  ...{ bootstrapServers: 'nowhere:1', clientId: 'test' },
  settings: { common: {}, consumer: {}, producer, admin: {} },
})

/** An addon that answers so to every question for the settings of topics. */
const addonThat = (answer: SettingsOfTopics): KafkaAddon =>
  ({ hasClient: () => true, topicSettings: () => Promise.resolve(answer) }) as unknown as KafkaAddon

describe('the limits of a topic', () => {
  it('are those of its records’ sizes and times', () => {
    const settings = {
      'max.message.bytes': '5000',
      'message.timestamp.before.max.ms': '70',
      'message.timestamp.after.max.ms': '80',
      'cleanup.policy': 'delete',
    }
    expect(limitsOf(settings)).to.deep.equal({
      ...{ recordBytesMax: 5_000 - MESSAGE_OVERHEAD_BYTES, behindMsMax: 70, aheadMsMax: 80 },
      needsKeys: false,
    })
  })

  it('are one for both ways of time in brokers before Kafka 3.6', () => {
    const settings = { 'message.timestamp.difference.max.ms': '90' }
    expect(limitsOf(settings)).to.include({ behindMsMax: 90, aheadMsMax: 90 })
  })

  it('are none of time where the broker writes its own', () => {
    const settings = {
      'message.timestamp.after.max.ms': '80',
      'message.timestamp.type': 'LogAppendTime',
    }
    expect(limitsOf(settings)).to.deep.equal({ ...NONE, needsKeys: false })
  })

  it('are keys where it is compacted, whatever else happens to old records', () => {
    const needs = (policy: string) => limitsOf({ 'cleanup.policy': policy }).needsKeys
    expect(['compact', 'compact,delete', 'delete'].map(needs)).to.deep.equal([true, true, false])
  })

  it('are asked for of all, the smallest batch among them told, and what could not be told', async () => {
    const of = (bytes: string) => ({ 'max.message.bytes': bytes })
    const addon = addonThat({ topics: { a: of('9000'), b: of('8000') }, problem: 'not allowed' })
    const { limits, batchBytesMax, problem } = await askForLimits(addon, 'c', ['a', 'b', 'hidden'])
    expect(Object.keys(limits)).to.deep.equal(['a', 'b'])
    expect(batchBytesMax).to.equal(8_000)
    expect(problem).to.equal('not allowed')
    const nothing = await askForLimits(addonThat({ topics: {} }), 'c', ['hidden'])
    expect(nothing.batchBytesMax).to.equal(Infinity)
    expect(batchConf(addressWith({}), nothing.batchBytesMax)).to.deep.equal({})
  })

  it('keep batches as small, but not against what the user has set', () => {
    expect(batchConf(addressWith({}), 8_000)).to.deep.equal({ 'batch.size': '8000' })
    expect(batchConf(addressWith({}), 1_048_588)).to.deep.equal({})
    expect(batchConf(addressWith({ 'batch.size': '100' }), 50)).to.deep.equal({})
  })

  it('are none of sizes where records are compressed: only the broker knows theirs', () => {
    const isSo = (producer: Readonly<Record<string, string>>) =>
      isUncompressed(addressWith(producer))
    expect(isSo({})).to.equal(true)
    expect(isSo({ 'compression.type': 'none' })).to.equal(true)
    expect(isSo({ 'compression.type': 'zstd' })).to.equal(false)
    expect(isSo({ 'compression.codec': 'lz4' })).to.equal(false)
    const limits = withoutSizes({ a: { recordBytesMax: 5, aheadMsMax: 7 } })
    expect(limits).to.deep.equal({ a: { recordBytesMax: Infinity, aheadMsMax: 7 } })
  })
})
