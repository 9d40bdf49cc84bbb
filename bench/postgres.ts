// Rows a second of the source of PostgreSQL beside COPY, of the same table and in turns:
// `node dist/bench/postgres.js URL [rows] [runs] [key=value …]`, as a role that may make a table there. Into Kafka with
// `bootstrap.servers=HOST:PORT` behind it, which leaves a topic for each run there.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../cli/main.cjs', import.meta.url))
const TABLE = 'millrace_bench'

const [url = 'postgresql://localhost/postgres', ...words] = process.argv.slice(2)
const [rows = 1_000_000, runs = 5] = words.filter((word) => /^\d+$/.test(word)).map(Number)
const settings = words.filter((word) => word.includes('='))
const directory = mkdtempSync(join(tmpdir(), 'millrace-postgres-'))

function sql(text: string): void {
  execFileSync('psql', [url, '-q', '-c', text], { stdio: ['ignore', 'ignore', 'inherit'] })
}

function makeTable(): void {
  sql(`DROP TABLE IF EXISTS ${TABLE}`)
  sql(
    `CREATE TABLE ${TABLE} (id bigint PRIMARY KEY, name text, price numeric(10,2), at timestamptz NOT NULL, ok boolean)`,
  )
  sql(
    `INSERT INTO ${TABLE} SELECT i, 'name of row ' || i, (i % 100000) / 100.0,
       timestamptz '2020-01-01' + i * interval '1 second', i % 3 = 0 FROM generate_series(1, ${rows}) i`,
  )
  sql(`VACUUM ANALYZE ${TABLE}`)
}

/** A process that has ended: what it said, and what it took. */
interface Ended {
  readonly said: string
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMb: number
}

/** Ticks of a processor in a second, as Linux tells them. */
const TICKS = 100
const LOOK_MS = 10

/** Runs a command to its end, and looks at its process meanwhile. @throws Error with what it says when it fails */
async function run(command: string, args: readonly string[], env = process.env): Promise<Ended> {
  const startMs = performance.now()
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const isOver = once(child, 'close')
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 65_536) said += text
    })
  }
  let cpuSeconds = 0
  let peakMb = 0
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
      cpuSeconds = (Number(stat[11]) + Number(stat[12])) / TICKS
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      peakMb = Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? peakMb * 1_024) / 1_024)
    } catch {
      // It has just ended.
    }
    await sleep(LOOK_MS)
  }
  await isOver
  if (child.exitCode !== 0) throw new Error(said)
  return { said, seconds: (performance.now() - startMs) / 1_000, cpuSeconds, peakMb }
}

/** `COPY … TO STDOUT` by psql, its start among it. */
const copy = (): Promise<Ended> => run('psql', [url, '-q', '-c', `COPY ${TABLE} TO STDOUT`])

/** The file of a source whose place nobody knows yet. */
function sourceFile(run: number): string {
  const { host, pathname, username, password } = new URL(url)
  const file = join(directory, `${run}.properties`)
  const name = `bench-${process.pid}-${run}`
  const lines = [
    ...[`name=${name}`, `connection.url=postgresql://${host}${pathname}`, 'mode=incrementing'],
    ...(username === '' ? [] : [`connection.user=${username}`]),
    ...(password === '' ? [] : ['connection.password=${env:PGPASSWORD}']),
    ...[`table.whitelist=${TABLE}`, 'incrementing.column.name=id', 'key.column.name=id'],
    `topic.prefix=${name}.`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

/** `connect --once`, whose seconds are what it says that it has read for: from its connection to the last commit. */
async function source(number: number): Promise<Ended> {
  const log = `bootstrap.servers=embedded:${join(directory, `log-${number}`)}`
  const set = [log, 'log.level=error', ...settings].flatMap((setting) => ['--set', setting])
  const args = [MAIN, 'connect', sourceFile(number), '--once', ...set]
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(new URL(url).password) }
  const ended = await run(process.execPath, args, env)
  const [, delivered = '', seconds = ''] =
    /delivered ([\d,]+) rows in ([\d.]+) s/.exec(ended.said) ?? []
  if (Number(delivered.replaceAll(',', '')) !== rows) throw new Error(ended.said)
  return { ...ended, seconds: Number(seconds) }
}

const rate = (seconds: number): number => Math.round(rows / seconds)
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

try {
  makeTable()
  const shares: number[] = []
  for (let number = 0; number < runs; number++) {
    const copied = await copy()
    const read = await source(number)
    const share = copied.seconds / read.seconds
    shares.push(share)
    const figures = {
      ...{ rows, load: Number(loadavg()[0]!.toFixed(1)), copy_rows_per_s: rate(copied.seconds) },
      ...{ source_rows_per_s: rate(read.seconds), share: Number(share.toFixed(2)) },
      ...{ copy_cpu_s: copied.cpuSeconds, source_cpu_s: read.cpuSeconds },
      source_peak_rss_mb: read.peakMb,
    }
    console.log(JSON.stringify(figures))
  }
  console.log(JSON.stringify({ runs, share_median: Number(median(shares).toFixed(2)) }))
  sql(`DROP TABLE ${TABLE}`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
