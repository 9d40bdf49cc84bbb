// What the tests of reset share: the input of the job that tallies, and what it came to.
import { fileURLToPath } from 'node:url'
import type { Broker } from '../../broker/ports.ts'
import { partitionsOf, readTopic, rowsIn } from '../support/final-tables.ts'
import { writeInput } from '../support/police-job.ts'

/** The module of the job, for the command line. */
export const TALLY_JOB = fileURLToPath(new URL('../fixtures/tally-job.js', import.meta.url))

const PARTITIONS = 2
const PAGES = 7
/** Rows that `writeVisits` writes, ten seconds apart from the epoch on. */
export const VISITS = 400
export const VISIT_MS = 10_000

/** Writes what the job reads. */
export async function writeVisits(broker: Broker): Promise<void> {
  const visits = Array.from({ length: VISITS }, (_, i) => {
    const value = JSON.stringify({ page: `/${i % PAGES}` })
    return { key: `v${i}`, value, timestampMs: i * VISIT_MS, partition: i % PARTITIONS }
  })
  await writeInput(broker, visits, PARTITIONS, { topic: 'tally-visits' })
}

/** The last count of each page, and how many counts were put out in all. */
export async function tallies(
  broker: Broker,
): Promise<{ readonly last: Readonly<Record<string, number>>; readonly rows: number }> {
  const last: Record<string, number> = {}
  await readTopic(broker, 'tallies', ({ key, value }) => {
    last[String(key)] = value!.readDoubleBE(0)
  })
  return { last, rows: await rowsIn(broker, 'tallies') }
}

/** What a run over all visits must come to. */
export function expectedTallies(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let i = 0; i < VISITS; i++) counts[`/${i % PAGES}`] = (counts[`/${i % PAGES}`] ?? 0) + 1
  return counts
}

/** Topics with the ends of their partitions. */
export async function topicsWithEnds(broker: Broker): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { name } of await broker.topics()) {
    const marks = await broker.watermarks(await partitionsOf(broker, name))
    found[name] = marks.map(({ start, end }) => `${start}-${end}`).join(' ')
  }
  return found
}
