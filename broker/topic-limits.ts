// Which records the brokers take into a topic: known before anything is sent, so that policies can decide on
// each record that would be refused. A broker that refuses one refuses all that came in a batch with it.

/** What a topic takes; what is left out has no limit, or none that is known. */
export interface TopicLimits {
  /** Bytes of key, value and headers together. */
  readonly recordBytesMax?: number
  /** How far the time of a record may lie behind the broker's clock, ms (`message.timestamp.before.max.ms`). */
  readonly behindMsMax?: number
  /** How far it may lie ahead of it, ms (`message.timestamp.after.max.ms`). */
  readonly aheadMsMax?: number
  /** Whether records without a key are refused, as of compacted topics. */
  readonly needsKeys?: boolean
}

/** The limits of topics by their names; others have none. */
export type LimitsOfTopics = Readonly<Record<string, TopicLimits>>
