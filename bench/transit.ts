// The transit job on the embedded log, each in a process of its own: events a second through all of it, and how
// long an arrival takes from a POST to the pixel: `node dist/bench/transit.js [hours] [posts] [key=value …]`.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { readLines } from '../data/transit/lines.ts'
import { arrivals } from '../jobs/transit/topics.ts'

const MAIN = fileURLToPath(new URL('../cli/main.cjs', import.meta.url))
const STATIONS = ['connect', 'jobs/transit/stations.properties', '--once']
const IN_MEMORY = 'connection.url=pglite:?script=data/transit/stations.sql'
const TRAIN = 'BL000'
const LATER_MS = Date.UTC(2030, 0, 1)

const words = process.argv.slice(2)
const [hours = 24, posts = 200] = words.filter((word) => /^\d+$/.test(word)).map(Number)
const settings = words.filter((word) => word.includes('='))
const directory = mkdtempSync(join(tmpdir(), 'millrace-transit-'))

/** A command on the log of this run. */
function start(args: readonly string[], ...set: readonly string[]): ChildProcess {
  const all = [...settings, `bootstrap.servers=embedded:${join(directory, 'log')}`, ...set]
  return spawn(process.execPath, [MAIN, ...args, ...all.flatMap((one) => ['--set', one])], {
    env: { ...process.env, CTA_PASSWORD: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** What a command says until it has ended. */
async function run(child: ChildProcess): Promise<string> {
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(said)
  return said
}

/** Resident set at its peak, until the process has ended. */
async function peakMb(child: ChildProcess): Promise<number> {
  let peakKb = 0
  while (child.exitCode === null) {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      peakKb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? peakKb)
    } catch {
      // It has just ended.
    }
    await sleep(20)
  }
  return Math.round(peakKb / 1_024)
}

/** Writes the city, and lets the job read it to its end. */
async function throughput(): Promise<void> {
  await run(start(STATIONS, IN_MEMORY))
  const wrote = await run(start(['simulate', 'transit', '--hours', String(hours)]))
  const [, text = ''] = /delivered ([\d,]+) rows/.exec(wrote) ?? []
  const events = Number(text.replaceAll(',', ''))
  const startMs = performance.now()
  const job = start(['start', 'transit', '--once'], 'server.enabled=false', 'log.level=error')
  const [peak_rss_mb] = await Promise.all([peakMb(job), run(job)])
  const seconds = (performance.now() - startMs) / 1_000
  const events_per_s = Math.round(events / seconds)
  console.log(
    JSON.stringify({
      hours,
      events,
      seconds: Number(seconds.toFixed(2)),
      events_per_s,
      peak_rss_mb,
    }),
  )
}

/** Posts arrivals of one train, one after the other, and waits for each on the page. */
async function pixels(): Promise<void> {
  const set = ['server.port=0', `server.ingest.topics=${arrivals.name}`, 'log.level=info']
  const job = start(['start', 'transit'], ...set)
  const ended = run(job)
  const url = await addressOf(job)
  const args = ['--no-sandbox']
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
  try {
    const page = await browser.newPage()
    await page.goto(`${url}/job/`)
    await page.waitForSelector('html[data-ready] .platform button')
    const latenciesMs = await postAll(page, url)
    latenciesMs.sort((a, b) => a - b)
    const [p50_ms, p90_ms, p99_ms, max_ms] = [0.5, 0.9, 0.99, 1].map((share) =>
      Math.round(latenciesMs[Math.min(posts - 1, Math.floor(share * posts))]!),
    )
    console.log(JSON.stringify({ posts, p50_ms, p90_ms, p99_ms, max_ms }))
  } finally {
    await browser.close()
    job.kill('SIGTERM')
    await ended
  }
}

/** Where a job serves, which it says when it starts. */
function addressOf(job: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    for (const stream of [job.stdout!, job.stderr!]) {
      stream.on('data', (text: string) => {
        said += text
        const [, url] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(said) ?? []
        if (url !== undefined) resolve(url)
      })
    }
    job.once('close', () => reject(new Error(said)))
  })
}

async function postAll(page: Page, url: string): Promise<number[]> {
  let seen: () => void = () => undefined
  await page.exposeFunction('drawn', () => seen())
  const stations = readLines().blue.map(({ stationId }) => stationId)
  const latenciesMs: number[] = []
  for (let i = 0; i < posts; i++) {
    const station = stations[i % stations.length]!
    const isSeen = new Promise<void>((resolve) => (seen = resolve))
    // Two frames after it stands there it has been painted.
    await page.evaluate(`(() => {
      const cell = document.querySelector('#blue tr[data-station="${station}"] .a')
      const look = () => cell.dataset.train === '${TRAIN}'
        ? requestAnimationFrame(() => requestAnimationFrame(() => drawn()))
        : requestAnimationFrame(look)
      look()
    })()`)
    const before = stations[(i + stations.length - 1) % stations.length]!
    const value = {
      ...{ timestamp: LATER_MS + i, train_id: TRAIN, line: 'blue', station_id: station },
      ...{ direction: 'a', train_status: 'in_service' },
      ...{ prev_station_id: before, prev_direction: 'a' },
    }
    const startMs = performance.now()
    const response = await fetch(`${url}/topics/${arrivals.name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.kafka.json.v2+json' },
      body: JSON.stringify({ records: [{ key: TRAIN, value }] }),
    })
    if (response.status !== 200) throw new Error(await response.text())
    await isSeen
    latenciesMs.push(performance.now() - startMs)
  }
  return latenciesMs
}

try {
  await throughput()
  await pixels()
} finally {
  rmSync(directory, { recursive: true, force: true })
}
