// Input of the job with much state, and what must have come of it.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { readTopic } from './final-tables.ts'
import type { RawInput } from './police-job.ts'

/** The job's module. */
export const NOTES_JOB = new URL('../fixtures/notes-job.js', import.meta.url)
/** What its state takes for each key, about. */
export const NOTE_BYTES = 2_000

const nameOf = (key: number): string => `note-${String(key).padStart(15, '0')}`

/** Every key once a round, each round in another order. */
export function* notes(keys: number, rounds: number): Generator<RawInput> {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < keys; i++) {
      const name = nameOf((i * (7_919 + 2 * round)) % keys)
      yield { key: name, value: name, timestampMs: 1_000 + i }
    }
  }
}

/** Every row was counted once, and each key kept what belongs to it. */
export async function expectNotes(broker: Broker, keys: number, rounds: number): Promise<void> {
  const last = new Map<string, string>()
  let rows = 0
  await readTopic(broker, 'kept-notes', ({ key, value }) => {
    rows += 1
    last.set(String(key), String(value))
  })
  expect(rows).to.equal(rounds * keys)
  expect(last.size).to.equal(keys)
  for (const [key, kept] of last) {
    const expected = `${rounds}`.padEnd(8) + key
    if (kept !== expected) expect(kept).to.equal(expected)
  }
}
