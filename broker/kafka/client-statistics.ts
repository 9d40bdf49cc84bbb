// What librdkafka's statistics tell of a group's clients every few seconds: how long the brokers take to answer,
// what was sent again, what the producer has queued.
import type { BrokerRoundTrip } from '../client-figures.ts'
import type { RdClient } from './rd-client.ts'

const US_PER_S = 1_000_000

/** The part of librdkafka's STATISTICS.md that is read. */
interface Statistics {
  /** Messages that a producer has queued. */
  readonly msg_cnt?: number
  readonly brokers?: Readonly<
    Record<
      string,
      {
        readonly nodeid: number
        readonly txretries?: number
        readonly rtt?: { readonly cnt: number; readonly avg: number; readonly p99: number }
      }
    >
  >
}

/** What was heard last of a group's clients. */
export class ClientStatistics {
  /** Messages in the producer's queue. */
  queuedMessages = 0
  readonly #roundTrips = new Map<BrokerRoundTrip['client'], readonly BrokerRoundTrip[]>()
  /** By broker; one that is gone from the cluster is in no statistics any more. */
  readonly #retries = new Map<string, number>()

  /** Listens to a client. */
  listen(client: BrokerRoundTrip['client'], to: RdClient): void {
    to.on('event.stats', ({ message }) => this.hear(client, message))
  }

  /** Takes a client's statistics, JSON as librdkafka writes it. */
  hear(client: BrokerRoundTrip['client'], text: string): void {
    const statistics = JSON.parse(withoutTopics(text)) as Statistics
    this.#roundTrips.set(client, roundTripsIn(client, statistics))
    if (client !== 'producer') return
    this.queuedMessages = statistics.msg_cnt ?? 0
    for (const [name, { txretries = 0 }] of Object.entries(statistics.brokers ?? {})) {
      this.#retries.set(name, txretries)
    }
  }

  get roundTrips(): BrokerRoundTrip[] {
    return [...this.#roundTrips.values()].flat()
  }

  /** Requests that the producer sent again. */
  get retries(): number {
    return [...this.#retries.values()].reduce((sum, retries) => sum + retries, 0)
  }
}

/** Where librdkafka ends the brokers and begins with the topics. */
const TOPICS = '}, "topics":{ '

/** Leaves out the topics, which nobody reads: of thousands of partitions they are megabytes every few seconds. */
function withoutTopics(text: string): string {
  const at = text.indexOf(TOPICS)
  return at < 0 ? text : `${text.slice(0, at)}}}`
}

/** Brokers that answered something; bootstrap addresses that have no number yet are none. */
function roundTripsIn(
  client: BrokerRoundTrip['client'],
  { brokers = {} }: Statistics,
): BrokerRoundTrip[] {
  return Object.values(brokers).flatMap(({ nodeid, rtt }) =>
    nodeid < 0 || rtt === undefined || rtt.cnt === 0
      ? []
      : [
          {
            client,
            broker: String(nodeid),
            avgSeconds: rtt.avg / US_PER_S,
            p99Seconds: rtt.p99 / US_PER_S,
          },
        ],
  )
}
