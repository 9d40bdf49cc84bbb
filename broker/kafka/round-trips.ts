// How long the brokers take to answer a group's clients, as librdkafka's statistics tell it every few seconds.
import type { BrokerRoundTrip } from '../ports.ts'
import type { RdClient } from './rd-client.ts'

const US_PER_S = 1_000_000

/** The part of librdkafka's STATISTICS.md that is read. */
interface Statistics {
  readonly brokers?: Readonly<
    Record<
      string,
      {
        readonly nodeid: number
        readonly rtt?: { readonly cnt: number; readonly avg: number; readonly p99: number }
      }
    >
  >
}

/** What was heard last of each client. */
export class RoundTrips {
  readonly #heard = new Map<BrokerRoundTrip['client'], readonly BrokerRoundTrip[]>()

  /** Listens to a client. */
  listen(client: BrokerRoundTrip['client'], to: RdClient): void {
    to.on('event.stats', ({ message }) => this.#heard.set(client, roundTripsIn(client, message)))
  }

  get all(): BrokerRoundTrip[] {
    return [...this.#heard.values()].flat()
  }
}

/** Brokers that answered something; bootstrap addresses that have no number yet are none. */
function roundTripsIn(client: BrokerRoundTrip['client'], text: string): BrokerRoundTrip[] {
  const { brokers = {} } = JSON.parse(text) as Statistics
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
