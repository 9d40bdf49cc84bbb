// Replays of tests: generated calls in files, a producer that keeps what it is given.
import { writeFileSync } from 'node:fs'
import type { Clock } from '../../data/pace.ts'
import { writePoliceCalls } from '../../data/police-calls/write.ts'
import { replay, type ReplayOptions, type ReplayResult } from '../../data/replay.ts'
import { CollectingProducer } from './collecting-producer.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** The zone of the calls. */
export const ZONE = 'America/Los_Angeles'

/** What the files of `replays` were generated with. */
export const GENERATED = { rows: 12_000, seed: 2 } as const

/** A clock on which only sleeping takes time. */
export class SleepingClock implements Clock {
  ms = 5_000
  readonly sleeps: number[] = []
  nowMs(): number {
    return this.ms
  }
  epochMs(): number {
    return 1_700_000_000_000 + this.ms
  }
  sleep(ms: number): Promise<void> {
    this.sleeps.push(ms)
    this.ms += ms
    return Promise.resolve()
  }
}

/** Replays of one suite. */
export interface Replays {
  /** A file of the suite; `calls.json` and `calls.jsonl.gz` are there. */
  path(name: string): string
  /** What the replays of the test at hand have sent; a test may put another one in its place. */
  producer: CollectingProducer
  run(file: string, options?: Partial<ReplayOptions>): Promise<ReplayResult>
  /** Writes one row a line with these times, keyed by their number. */
  writeTimes(name: string, times: readonly string[]): void
}

/** Call it inside a `describe`. */
export function replays(): Replays {
  const path = temporaryDirectory()
  let producer = new CollectingProducer()
  beforeEach(() => {
    producer = new CollectingProducer()
  })
  before(async () => {
    await writePoliceCalls({ ...GENERATED, file: path('calls.json'), format: 'array' })
    await writePoliceCalls({ ...GENERATED, file: path('calls.jsonl.gz'), format: 'lines' })
  })
  return {
    path,
    get producer() {
      return producer
    },
    set producer(other) {
      producer = other
    },
    run: (file, options = {}) =>
      replay({
        file: path(file),
        producer,
        topic: 'police.calls',
        partitions: 4,
        order: 'event-time',
        pace: { kind: 'fastest' },
        zone: ZONE,
        keyField: 'crime_id',
        timeField: 'call_date_time',
        strict: false,
        ...options,
      }),
    writeTimes: (name, times) => {
      const lines = times.map((call_date_time, i) =>
        JSON.stringify({ crime_id: `${i}`, call_date_time }),
      )
      writeFileSync(path(name), lines.join('\n'))
    },
  }
}

/** What a promise fails with; undefined where it does not. */
export const errorOf = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => undefined,
    (error: unknown) => error,
  )
