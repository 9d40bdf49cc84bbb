// Whether memory grows while a job runs at a steady rate, exactly once on Kafka:
// `BENCH_RUN=s1 node dist/bench/soak.js ADDRESS [rows a second] [minutes] [key=value …]`.
import { readFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunSettings } from './counting-run.ts'
import { runLive } from './live-run.ts'

/** Of each hour of event time: keys come and go with their windows. */
const GROUPS = 5_000
/** Event time goes so much faster than the clock: an hour of it is a minute. */
const PACE = 60
const START_MS = 1_700_000_000_000
const HOUR_MS = 3_600_000
const SAMPLE_MS = 10_000
/** Until then caches, pools and heaps take their size. */
const WARM_SHARE = 0.25
const WAIT_MS_MAX = 60_000

/** Updates as they came out. */
class Updates {
  readonly #rows = new Map<string, number>()
  /** Rows that the counts account for. */
  counted = 0
  /** Updates that are not higher than the one before: some row counted again. */
  repeated = 0

  add(group: string, rows: number): void {
    const before = this.#rows.get(group) ?? 0
    if (rows <= before) this.repeated += 1
    else this.counted += rows - before
    this.#rows.set(group, Math.max(rows, before))
  }
}

interface Sample {
  readonly seconds: number
  readonly rssMb: number
  /** Of it: what is no page of a file, such as those of state. */
  readonly ownMb: number
}

function memoryOf(pid: number): Omit<Sample, 'seconds'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mb = (field: string): number =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? NaN) / 1_024)
  return { rssMb: mb('VmRSS'), ownMb: mb('RssAnon') }
}

/** Looks at the memory of a process until it is stopped. */
function watch(pid: number): { readonly samples: Sample[]; stop(): void } {
  const startedMs = performance.now()
  const samples: Sample[] = []
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedMs) / 1_000)
    const { rssMb, ownMb } = memoryOf(pid)
    samples.push({ seconds, rssMb, ownMb })
    console.error(`${seconds} s: ${rssMb} MB, of them its own ${ownMb}`)
  }, SAMPLE_MS)
  return { samples, stop: () => clearInterval(timer) }
}

/** The slope of the line through samples by least squares, MB an hour. */
function slopeOf(samples: readonly Sample[], of: 'rssMb' | 'ownMb'): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const middle = mean(({ seconds }) => seconds)
  const over = mean(({ seconds }) => (seconds - middle) ** 2)
  return (mean((sample) => (sample.seconds - middle) * sample[of]) / over) * 3_600
}

async function soak(rate: number, minutes: number, settings: RunSettings): Promise<void> {
  const updates = new Updates()
  let samples: readonly Sample[] = []
  const sent = await runLive(settings, {
    rowsPerSecond: rate,
    seconds: minutes * 60,
    waitMsMax: WAIT_MS_MAX,
    topicConfig: { 'retention.ms': '-1' },
    started(pid) {
      const watched = watch(pid)
      samples = watched.samples
      return watched.stop
    },
    rowOf(number) {
      const atMs = START_MS + Math.floor((number / rate) * 1_000 * PACE)
      return { group: `${Math.floor(atMs / HOUR_MS)}-${(number * 7_919) % GROUPS}`, atMs }
    },
    receive: (group, rows) => updates.add(group, rows),
    hasAll: (all) => updates.counted >= all,
  })
  const steady = samples.slice(Math.floor(samples.length * WARM_SHARE))
  const { counted, repeated } = updates
  const rss = steady.map(({ rssMb }) => rssMb)
  const figures = {
    rows_per_s: rate,
    minutes,
    sent,
    missing: sent - counted,
    repeated,
    rss_mb_first: rss[0],
    rss_mb_last: rss.at(-1),
    rss_mb_min: Math.min(...rss),
    rss_mb_max: Math.max(...rss),
    rss_mb_an_hour: Math.round(slopeOf(steady, 'rssMb')),
    own_mb_first: steady[0]?.ownMb,
    own_mb_last: steady.at(-1)?.ownMb,
    own_mb_an_hour: Math.round(slopeOf(steady, 'ownMb')),
  }
  console.log(JSON.stringify(figures))
}

const [address = '127.0.0.1:9092', rate = '5000', minutes = '20', ...rest] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
try {
  await soak(Number(rate), Number(minutes), {
    'bootstrap.servers': address,
    'application.id': `soak-${process.env['BENCH_RUN'] ?? 'bench'}`,
    'state.dir': directory,
    'processing.guarantee': 'exactly_once_v2',
    'num.stream.threads': '2',
    ...Object.fromEntries(rest.map((setting) => setting.split('=') as [string, string])),
  })
} finally {
  rmSync(directory, { recursive: true, force: true })
}
