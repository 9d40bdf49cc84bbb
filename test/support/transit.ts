// The transit job on a broker: its stations and events are written here, its table of stations read.
import type { Broker } from '../../broker/ports.ts'
import { readStops } from '../../data/transit/lines.ts'
import { produceTransit, type TransitTopics } from '../../data/transit/produce.ts'
import { arrivals, entries, stationStatus, stops, weather } from '../../jobs/transit/topics.ts'
import { MONDAY, placeOf, type StatusRow } from '../jobs/transit/city.ts'
import { readTopic } from './final-tables.ts'
import { writeInput } from './police-job.ts'

/** The module of the job. */
export const TRANSIT_JOB = new URL('../../jobs/transit/topology.js', import.meta.url)

const PARTITIONS = 2
const HOUR_MS = 3_600_000

/** Makes the topics that the job reads. */
export async function makeTopics(broker: Broker): Promise<void> {
  const topics = [arrivals, entries, weather, stops].map(({ name }) => {
    return { name, partitions: PARTITIONS, config: { 'retention.ms': '-1' } }
  })
  await broker.ensureTopics(topics)
}

/** Writes the stations of the job. */
export async function writeStops(broker: Broker): Promise<void> {
  const rows = readStops().map((row) => {
    return { key: String(row.stop_id), value: JSON.stringify(row), timestampMs: Date.now() }
  })
  await writeInput(broker, rows, PARTITIONS, { topic: stops.name })
}

/** Writes the events of so many hours from Monday's midnight on. */
export async function writeEvents(broker: Broker, hours: number, seed: number): Promise<void> {
  const producer = await broker.openProducer()
  const to = { partitions: PARTITIONS }
  const topics: TransitTopics = {
    arrival: { ...to, topic: arrivals.name, value: arrivals.value },
    entry: { ...to, topic: entries.name, value: entries.value },
    weather: { ...to, topic: weather.name, value: weather.value },
  }
  const untilMs = MONDAY + hours * HOUR_MS
  await produceTransit({
    seed,
    fromMs: MONDAY,
    untilMs,
    producer,
    topics,
    pace: { kind: 'fastest' },
  })
  await producer.close()
}

/** The table of stations as it was put out, by `line/station id`. */
export async function readStatus(broker: Broker): Promise<Record<string, StatusRow>> {
  const rows: Record<string, StatusRow> = {}
  await readTopic(broker, stationStatus.name, ({ key, value }) => {
    const { line, station_id } = stationStatus.key.deserialize(key!, 0, key!.length)
    rows[placeOf(line, station_id)] = JSON.parse(value!.toString()) as StatusRow
  })
  return rows
}
