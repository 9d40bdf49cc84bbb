// How far a simulation of the city has come before, by what lies in its topics: the demo goes on from there.
import type { Broker } from '../../broker/ports.ts'
import type { Serde } from '../../topology/serdes/serde.ts'
import { newestTimes } from '../newest-event-time.ts'
import type { SimulatedBefore } from './simulation.ts'

/** A topic and how its values are read. */
export interface ReadTopic {
  readonly topic: string
  readonly value: Serde<{ readonly timestamp: number }>
}

/**
 * What has been produced already; undefined where nothing has. A producer that was killed may have left
 * arrivals out of one partition and not of another: those of the one that is the least far come again.
 * @throws BrokerError
 */
export async function simulatedBefore(
  broker: Broker,
  { arrival, entry }: { readonly arrival: ReadTopic; readonly entry: ReadTopic },
): Promise<SimulatedBefore | undefined> {
  const arrivals = (await newestIn(broker, arrival)).filter((ms) => ms > -Infinity)
  if (arrivals.length === 0) return undefined
  const entries = await newestIn(broker, entry)
  return { arrivalMs: Math.min(...arrivals), entryMs: Math.max(...entries, -Infinity) }
}

function newestIn(broker: Broker, { topic, value }: ReadTopic): Promise<number[]> {
  return newestTimes(broker, topic, (bytes) => {
    try {
      return value.deserialize(bytes, 0, bytes.length).timestamp
    } catch {
      return NaN
    }
  })
}
