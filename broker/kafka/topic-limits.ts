// What topics of Kafka take, by their settings, which the addon asks for: node-rdkafka's admin client cannot.
// The group asks once, before its producer is made.
import type { KafkaAddon, TopicSettings } from '../native/kafka-addon.ts'
import type { LimitsOfTopics, TopicLimits } from '../topic-limits.ts'
import { MESSAGE_OVERHEAD_BYTES } from './settings.ts'

/** What is known of topics. */
export interface KnownLimits {
  readonly limits: LimitsOfTopics
  /** The most bytes of one batch that all of these topics take; Infinity where nothing tells. */
  readonly batchBytesMax: number
  /** What each of those that could be told is set to, as far as it says what the topic takes and keeps. */
  readonly settings: Readonly<Record<string, TopicSettings>>
  /** Why some are not known, for a person to read. */
  readonly problem?: string
}

const REQUEST_MS_MAX = 10_000
const SIZE = 'max.message.bytes'
const BEHIND = 'message.timestamp.before.max.ms'
const AHEAD = 'message.timestamp.after.max.ms'
/** Both ways in brokers before Kafka 3.6. */
const DIFFERENCE = 'message.timestamp.difference.max.ms'
const TIME = 'message.timestamp.type'
const CLEANUP = 'cleanup.policy'
const KEEPING = ['retention.ms', 'retention.bytes']

/** Asks for the limits of topics, by a client that the addon knows. What cannot be told has none. */
export async function askForLimits(
  addon: KafkaAddon,
  clientId: string,
  topics: readonly string[],
): Promise<KnownLimits> {
  const none = { limits: {}, batchBytesMax: Infinity, settings: {} }
  if (topics.length === 0) return none
  if (addon.topicSettings === undefined || !addon.hasClient(clientId)) {
    return { ...none, problem: 'the addon cannot ask for them' }
  }
  const names = [SIZE, BEHIND, AHEAD, DIFFERENCE, TIME, CLEANUP, ...KEEPING]
  const answer = await addon.topicSettings(clientId, topics, names, REQUEST_MS_MAX)
  const entries = Object.entries(answer.topics)
  const sizes = entries.map(([, settings]) => numberOf(settings[SIZE]))
  return {
    limits: Object.fromEntries(entries.map(([topic, settings]) => [topic, limitsOf(settings)])),
    batchBytesMax: Math.min(...sizes),
    settings: answer.topics,
    ...(answer.problem === undefined ? {} : { problem: answer.problem }),
  }
}

/** What a topic with these settings takes. */
export function limitsOf(settings: TopicSettings): TopicLimits {
  const isCreateTime = settings[TIME] !== 'LogAppendTime'
  const differenceMs = numberOf(settings[DIFFERENCE])
  return {
    recordBytesMax: numberOf(settings[SIZE]) - MESSAGE_OVERHEAD_BYTES,
    behindMsMax: isCreateTime ? Math.min(numberOf(settings[BEHIND]), differenceMs) : Infinity,
    aheadMsMax: isCreateTime ? Math.min(numberOf(settings[AHEAD]), differenceMs) : Infinity,
    needsKeys: (settings[CLEANUP] ?? '').split(',').includes('compact'),
  }
}

/** The limits without those that only brokers know whether records are within: of what they get compressed. */
export function withoutSizes(limits: LimitsOfTopics): LimitsOfTopics {
  const entries = Object.entries(limits)
  return Object.fromEntries(
    entries.map(([topic, known]) => [topic, { ...known, recordBytesMax: Infinity }]),
  )
}

const numberOf = (text: string | undefined): number =>
  text === undefined ? Infinity : Number(text)
