// A real Prometheus on a free port, with the project's own configuration and rules, that scrapes one
// running server each second; and the check that the board shows something there.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { boardQueries, type BoardQuery } from './board-queries.ts'
import { freePort } from './free-port.ts'

export interface RunningPrometheus {
  readonly url: string
  /** Asks an endpoint of the HTTP API; throws with Prometheus' own words when it refuses. */
  ask(path: string, parameters: Record<string, string>): Promise<unknown>
  stop(): Promise<void>
}

interface PrometheusConfig {
  global: Record<string, string>
  scrape_configs: { static_configs: { targets: string[] }[] }[]
}

/** Starts the program `binary`; it scrapes `metricsUrls` with the settings of prometheus/ but faster. */
export async function startPrometheus(
  binary: string,
  ...metricsUrls: readonly string[]
): Promise<RunningPrometheus> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'))
  cpSync('prometheus', directory, { recursive: true })
  const config = join(directory, 'prometheus.yml')
  const settings = parse(readFileSync(config, 'utf8')) as PrometheusConfig
  writeFileSync(config, stringify(faster(settings, metricsUrls)))
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(
    binary,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)))
  const exited = once(child, 'exit')
  const url = `http://${address}`
  const stop = async () => {
    child.kill()
    await exited
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await until('Prometheus is ready', 20_000, async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended:\n${log}`)
      const answer = await fetch(`${url}/-/ready`).catch(() => undefined)
      return answer?.ok === true
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { url, stop, ask: (path, parameters) => ask(url, path, parameters) }
}

function faster(config: PrometheusConfig, metricsUrls: readonly string[]): PrometheusConfig {
  const targets = metricsUrls.map((url) => new URL(url).host)
  const fast = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' }
  return {
    ...config,
    global: { ...config.global, ...fast },
    scrape_configs: config.scrape_configs.map((scrape) => ({
      ...scrape,
      static_configs: [{ targets }],
      dns_sd_configs: [],
    })),
  }
}

async function ask(url: string, path: string, parameters: Record<string, string>) {
  const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`)
  const body = (await answer.json()) as { status: string; error?: string; data: unknown }
  if (body.status !== 'success') throw new Error(body.error ?? `Prometheus: ${body.status}`)
  return body.data
}

/** Polls until the condition holds; throws with the name of the condition after `timeoutMs`. */
async function until(what: string, timeoutMs: number, holds: () => Promise<boolean>) {
  const endMs = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`within ${timeoutMs} ms it was not so: ${what}`)
    await sleep(200)
  }
}

export interface BoardCheckOptions {
  /** `http://127.0.0.1:8080/metrics` of a job at work. */
  readonly metricsUrl: string
  /** The same of a source of records beside it. */
  readonly sourceUrl?: string
  /** The program, from `toolOrSkip(this, 'prometheus')`. */
  readonly prometheus: string
  /** Titles of panels and marks without data in this run, such as alerts that do not fire. */
  readonly mayBeEmpty?: readonly string[]
  /** How long data may take to show up; a minute and a half by default. */
  readonly timeoutMs?: number
  /** What to ask; all that the board asks, unless told. */
  readonly queries?: readonly BoardQuery[]
}

/**
 * Lets a real Prometheus scrape a job and asks it everything that the board asks: each query of each
 * panel, variable and mark must be answered, with data. Returns what was not, one line each.
 */
export async function checkBoard(options: BoardCheckOptions): Promise<string[]> {
  const { mayBeEmpty = [], timeoutMs = 90_000, queries = boardQueries() } = options
  const urls = [options.metricsUrl, ...(options.sourceUrl === undefined ? [] : [options.sourceUrl])]
  const prometheus = await startPrometheus(options.prometheus, ...urls)
  const endMs = performance.now() + timeoutMs
  try {
    let open = queries.map((query) => ({ query, problem: EMPTY }))
    for (;;) {
      await sleep(500)
      const asked = open.map(async ({ query }) => ({
        query,
        problem: await problemOf(prometheus, query),
      }))
      open = (await Promise.all(asked)).flatMap(({ query, problem }) =>
        problem === undefined ? [] : [{ query, problem }],
      )
      const required = open.filter(
        ({ query, problem }) => problem !== EMPTY || !mayBeEmpty.includes(query.title),
      )
      if (required.length === 0) return []
      if (performance.now() > endMs) return required.map(describeProblem)
    }
  } finally {
    await prometheus.stop()
  }
}

const EMPTY = 'no data'

function describeProblem({ query, problem }: { query: BoardQuery; problem: string }): string {
  return `${query.title}: ${problem}: ${query.expr}`
}

async function problemOf(prometheus: RunningPrometheus, query: BoardQuery) {
  try {
    const values = await valuesOf(prometheus, query)
    return values.some((value) => value !== 'NaN') ? undefined : EMPTY
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Every value that the query gives for the last seconds. */
async function valuesOf(prometheus: RunningPrometheus, query: BoardQuery): Promise<string[]> {
  const endS = Date.now() / 1000
  const range = { start: String(endS - 10), end: String(endS) }
  if (query.label !== undefined) {
    const found = await prometheus.ask(`label/${query.label}/values`, {
      'match[]': query.expr,
      ...range,
    })
    return found as string[]
  }
  const data = await prometheus.ask('query_range', { query: query.expr, step: '1', ...range })
  const { result } = data as { result: { values: [number, string][] }[] }
  return result.flatMap(({ values }) => values.map(([, value]) => value))
}
