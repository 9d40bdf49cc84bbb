// What a group tells of its clients, for metrics and health. Groups that have no such client tell nothing.

/** Answers of one broker to one kind of client, over the last seconds. */
export interface BrokerRoundTrip {
  readonly client: 'consumer' | 'producer'
  /** Its number. */
  readonly broker: string
  readonly avgSeconds: number
  readonly p99Seconds: number
}

/** What became of what a group's producer was given. Totals are those of this producer. */
export interface ProducerFigures {
  /** Records that the brokers have not acknowledged. */
  readonly queuedRecords: number
  /** Requests that were sent again, as of some seconds ago. */
  readonly retries: number
  /** Records that could not be delivered, by topic. */
  readonly errors: Readonly<Record<string, number>>
}

/** How rows get between a broker's clients and the workers. */
export interface DataPathInfo {
  /** `plain`: through the main thread, several times slower than in the workers themselves. */
  readonly path: 'native' | 'plain'
  /** Why it is the plain path, for a person to read. */
  readonly reason?: string
  /** Why limits of topics are not known, for a person to read: what the brokers refuse for them ends the run. */
  readonly withoutLimits?: string
}
