// Produces a simulation's events at their pace. `millrace simulate transit` calls it, and the job's tests.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Producer } from '../../broker/ports.ts'
import { ByteBuffer, type Serializer } from '../../topology/serdes/serde.ts'
import { systemClock, type Clock, type Pace } from '../pace.ts'
import { PacedSender, type PacedTopic } from '../paced-sender.ts'
import { simulateTransit } from './simulation.ts'
import type { Arrival, Entry, TransitEvent, TransitSimulation, Weather } from './simulation.ts'

/** A topic and how its values are written. */
export interface EventTopic<T> extends PacedTopic {
  readonly value: Serializer<T>
}

/** Where each kind of event goes. */
export interface TransitTopics {
  readonly arrival: EventTopic<Arrival>
  readonly entry: EventTopic<Entry>
  readonly weather: EventTopic<Weather>
}

/** What to produce, where to and how fast. */
export interface ProduceTransit extends TransitSimulation {
  readonly producer: Producer
  readonly topics: TransitTopics
  readonly pace: Pace
  /** When it is aborted, what was sent before is still delivered. */
  readonly signal?: AbortSignal
  /** Called now and then with the time that the simulation has come to, epoch ms. */
  readonly onProgress?: (timeMs: number, sent: number) => void
  readonly clock?: Clock
}

const EVENTS_PER_TURN = 1_024
const encoder = new TextEncoder()

/**
 * Simulates and produces until `untilMs` or `signal`; resolves when all that was sent is delivered.
 * @returns how many events were sent.
 * @throws BrokerError; SerdeError that names the field of an event that cannot be written.
 */
export async function produceTransit(options: ProduceTransit): Promise<number> {
  const { producer, topics, signal, onProgress, clock = systemClock } = options
  const sender = new PacedSender({ producer, pace: options.pace, signal }, clock)
  const value = new ByteBuffer()
  try {
    for (const event of simulateTransit(options)) {
      const { timestamp } = event.value
      if (sender.isEarly(timestamp)) await sender.untilDue(timestamp)
      if (sender.isAborted) break
      value.position = 0
      const to = write(event, topics, value)
      const full = sender.append(
        to,
        encoder.encode(keyOf(event)),
        value.bytes.subarray(0, value.position),
      )
      if (full !== undefined) await full
      if (sender.sent % EVENTS_PER_TURN === 0) {
        onProgress?.(timestamp, sender.sent)
        // A turn for signals and timers.
        await nextTurn()
      }
    }
  } finally {
    await sender.handOver()
    await producer.flush()
  }
  return sender.sent
}

/** What belongs together stays in order: what one train does, what happens at one station of a line. */
function keyOf({ kind, value }: TransitEvent): string {
  if (kind === 'arrival') return value.train_id
  return kind === 'entry' ? `${value.line}/${value.station_id}` : 'chicago'
}

function write(event: TransitEvent, topics: TransitTopics, to: ByteBuffer): PacedTopic {
  // One call a kind: which serializer takes which value is known of a kind only.
  if (event.kind === 'arrival') topics.arrival.value.serialize(event.value, to)
  else if (event.kind === 'entry') topics.entry.value.serialize(event.value, to)
  else topics.weather.value.serialize(event.value, to)
  return topics[event.kind]
}
