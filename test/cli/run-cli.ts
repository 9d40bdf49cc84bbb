// Runs the compiled command line as a process of its own, as a user's shell does.
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The script of the command line. */
export const MAIN = fileURLToPath(new URL('../../cli/main.cjs', import.meta.url))

/** How a run ended. */
export interface Ended {
  readonly code: number | null
  /** What ended it, if it did not end by itself. */
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A run that goes on. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What came on stdout so far. */
  stdout(): string
  stderr(): string
}

/** Starts the command line; `nodeOptions` go before the script, what `shell` says is done before Node starts. */
export function startCli(
  args: readonly string[],
  nodeOptions: readonly string[] = [],
  shell = '',
): Running {
  const node = [...nodeOptions, MAIN, ...args]
  const command = ['-c', `${shell}exec "$0" "$@"`, process.execPath, ...node]
  const [program, words] = shell === '' ? [process.execPath, node] : ['sh', command]
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { child, ended, stdout: () => stdout, stderr: () => stderr }
}

/** Settings as the command line takes them. */
export function setting(settings: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
}

/** Runs the command line to its end. */
export function runCli(...args: string[]): Promise<Ended> {
  return startCli(args).ended
}

/** Resolves as soon as `holds` does; fails after `timeoutMs`. */
export async function eventually(holds: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!holds()) {
    if (Date.now() > deadline)
      throw new Error(`did not happen within ${timeoutMs} ms: ${String(holds)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Arguments that start a job exactly once on Kafka, by two threads; soon gone from its group when killed. */
export function exactlyOnce(
  job: string,
  bootstrapServers: string,
  stateDir: string,
  settings: Readonly<Record<string, string | number | boolean>> = {},
): string[] {
  return [
    ...['start', job],
    ...setting({
      'bootstrap.servers': bootstrapServers,
      'state.dir': stateDir,
      'processing.guarantee': 'exactly_once_v2',
      'num.stream.threads': 2,
      'server.enabled': false,
      'consumer.session.timeout.ms': 6_000,
      ...settings,
    }),
  ]
}
