// How long a row takes from the producer to the count that includes it, at a steady rate:
// `node dist/bench/latency.js [rows a second] [seconds] [key=value …]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunSettings } from './counting-run.ts'
import { runLive } from './live-run.ts'

const GROUPS = 100
const WARM_SECONDS = 2
const WAIT_MS_MAX = 30_000
const AT_MS = 1_700_000_000_000

/** When each row was given to the producer, by group and count, and how long the counts took. */
class Latencies {
  readonly #sentMs: number[][] = Array.from({ length: GROUPS }, () => [])
  readonly #seen = new Array<number>(GROUPS).fill(0)
  readonly latenciesMs: number[] = []
  seen = 0
  /** Rows sent from then on count. */
  measuredFrom = Infinity

  send(group: number): void {
    this.#sentMs[group]!.push(performance.now())
  }

  /** A count takes in all rows up to it. */
  receive(group: number, rows: number): void {
    const nowMs = performance.now()
    const sentMs = this.#sentMs[group]!
    for (let row = this.#seen[group]!; row < rows; row++) {
      this.seen += 1
      if (sentMs[row]! >= this.measuredFrom) this.latenciesMs.push(nowMs - sentMs[row]!)
    }
    this.#seen[group] = Math.max(this.#seen[group]!, rows)
  }
}

function quantile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1)
}

async function measure(
  rowsPerSecond: number,
  seconds: number,
  settings: RunSettings,
): Promise<void> {
  const latencies = new Latencies()
  const sent = await runLive(settings, {
    rowsPerSecond,
    seconds: seconds + WARM_SECONDS,
    waitMsMax: WAIT_MS_MAX,
    started() {
      latencies.measuredFrom = performance.now() + WARM_SECONDS * 1_000
      return () => undefined
    },
    rowOf(number) {
      const group = number % GROUPS
      latencies.send(group)
      return { group: String(group), atMs: AT_MS }
    },
    receive: (group, rows) => latencies.receive(Number(group), rows),
    hasAll: (all) => latencies.seen >= all,
  })
  const sorted = latencies.latenciesMs.sort((a, b) => a - b)
  const [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1].map((share) => quantile(sorted, share))
  console.log(
    JSON.stringify({
      rows_per_s: rowsPerSecond,
      sent,
      missing: sent - latencies.seen,
      p50,
      p95,
      p99,
      max,
    }),
  )
}

const [rate = '1000', seconds = '10', ...rest] = process.argv.slice(2)
const settings = Object.fromEntries(rest.map((setting) => setting.split('=') as [string, string]))
const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
try {
  await measure(Number(rate), Number(seconds), {
    'bootstrap.servers': `embedded:${join(directory, 'log')}`,
    ...(settings['bootstrap.servers'] === undefined
      ? {}
      : { 'state.dir': join(directory, 'state') }),
    'application.id': `bench-${process.pid}`,
    ...settings,
  })
} finally {
  rmSync(directory, { recursive: true, force: true })
}
