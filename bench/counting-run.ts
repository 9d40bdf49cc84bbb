// Runs bench/counting-job in a process of its own, so that its figures are of nothing else. The scripts
// beside it start it: with `once` to the end of the input, else until it is told to stop.
import { execFile, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { streamsConfig } from '../config/config.ts'
import { runStreams } from '../runtime/run-streams.ts'

/** What a run to the end of its input took. */
export interface RunFigures {
  readonly rows: number
  readonly seconds: number
  readonly rows_per_s: number
  readonly cpu_us_per_row: number
  readonly peak_rss_mb: number
}

/** Settings as of streams.properties. */
export type RunSettings = Readonly<Record<string, string>>

const JOB = 'counting-job.js'
const script = fileURLToPath(import.meta.url)
const isMain = process.argv[1] === script
const environment = { ...process.env, UV_THREADPOOL_SIZE: '16' }

/** Runs the job to the end of its input. @param job its module, beside this one. */
export async function runToEnd(settings: RunSettings, job = JOB): Promise<RunFigures> {
  const args = [script, 'once', JSON.stringify(settings), job]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment })
  return JSON.parse(stdout) as RunFigures
}

/** Starts the job; resolves when it reads. Ends when it is sent `stop`. */
export async function startJob(settings: RunSettings, job = JOB): Promise<ChildProcess> {
  const child = fork(script, ['live', JSON.stringify(settings), job], { env: environment })
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the job ended with code ${String(code)} before it read`)
    }),
  ])
  return child
}

/** Stops a job that `startJob` has started, and waits for its end. */
export async function stopJob(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.send('stop')
  await ended
}

async function run(mode: string, settings: RunSettings, job: string): Promise<void> {
  const startedMs = performance.now()
  let rows = 0
  const streams = await runStreams(new URL(job, import.meta.url), streamsConfig(settings), {
    once: mode === 'once',
    onProgress: ({ numInputRows }) => (rows += numInputRows),
  })
  process.once('message', () => {
    streams.stop()
    process.disconnect()
  })
  process.send?.('reads')
  await streams.done
  if (mode !== 'once') return
  const seconds = (performance.now() - startedMs) / 1_000
  const { user, system } = process.cpuUsage()
  const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
  const figures: RunFigures = {
    rows,
    seconds: Number(seconds.toFixed(2)),
    rows_per_s: Math.round(rows / seconds),
    cpu_us_per_row: Number(((user + system) / Math.max(rows, 1)).toFixed(2)),
    peak_rss_mb: Math.round(peakKb / 1_024),
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}

if (isMain) {
  const [mode = '', settings = '{}', job = JOB] = process.argv.slice(2)
  await run(mode, JSON.parse(settings) as RunSettings, job)
}
