// Rows a second of the source of PostgreSQL beside COPY, of the same table and in turns:
// `node dist/bench/postgres.js URL [rows] [runs] [key=value …]`, as a role that may make a table there.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** Seconds of `COPY … TO STDOUT` by psql, its start among them. */
function copySeconds(): number {
  const startMs = performance.now()
  sql(`COPY ${TABLE} TO STDOUT`)
  return (performance.now() - startMs) / 1_000
}

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

/** Seconds that `connect --once` says it has read for, from its connection to the last commit. */
function sourceSeconds(run: number): number {
  const log = `bootstrap.servers=embedded:${join(directory, `log-${run}`)}`
  const set = [log, 'log.level=error', ...settings].flatMap((setting) => ['--set', setting])
  const said = execFileSync(
    process.execPath,
    [MAIN, 'connect', sourceFile(run), '--once', ...set],
    {
      env: { ...process.env, PGPASSWORD: decodeURIComponent(new URL(url).password) },
      encoding: 'utf8',
    },
  )
  const [, delivered = '', seconds = ''] = /delivered ([\d,]+) rows in ([\d.]+) s/.exec(said) ?? []
  if (Number(delivered.replaceAll(',', '')) !== rows) throw new Error(said)
  return Number(seconds)
}

const rate = (seconds: number): number => Math.round(rows / seconds)
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

try {
  makeTable()
  const shares: number[] = []
  for (let run = 0; run < runs; run++) {
    const copy = copySeconds()
    const source = sourceSeconds(run)
    shares.push(copy / source)
    const load = Number(loadavg()[0]!.toFixed(1))
    const figures = { rows, load, copy_rows_per_s: rate(copy), source_rows_per_s: rate(source) }
    console.log(JSON.stringify({ ...figures, share: Number((copy / source).toFixed(2)) }))
  }
  console.log(JSON.stringify({ runs, share_median: Number(median(shares).toFixed(2)) }))
  sql(`DROP TABLE ${TABLE}`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
