// One run of a trial: a broker with the backlog, a fresh process with the job, and the rows that come live.
import { setTimeout as sleep } from 'node:timers/promises'
import { JobProcess, TuneError } from './job-process.ts'
import type { RunFigures } from './results.ts'
import { sendRows } from './rows.ts'
import { prepareRun, type RunBroker, type RunOptions } from './run-broker.ts'
import type { Trial } from './sweep.ts'

/** Live rows before those that count. */
const WARM_SECONDS = 1

/** How many live rows a run takes. */
export function liveRowsOf({ rate, seconds }: Pick<RunOptions, 'rate' | 'seconds'>): number {
  return seconds > 0 ? Math.ceil(rate * (seconds + WARM_SECONDS)) : 0
}

/**
 * Measures one run.
 * @throws TuneError when the job fails or has no figures; BrokerError; the reason of `options.signal`.
 */
export async function measureRun(options: RunOptions, trial: Trial): Promise<RunFigures> {
  const { jobUrl, directory, overrides, config, signal } = options
  const partitions = Number(trial['topic.partitions'] ?? config.topicPartitions)
  const broker = await prepareRun(options, partitions)
  try {
    const job = {
      jobUrl: jobUrl.href,
      directory,
      overrides: { ...overrides, ...broker.settings, ...trial, 'server.enabled': 'false' },
      isLive: liveRowsOf(options) > 0,
    }
    return await JobProcess.run(job, signal, async (process) => {
      const first = await process.next()
      if (first.kind === 'reads') await feed(options, broker, partitions, process)
      const { figures } = first.kind === 'figures' ? first : await figuresOf(process)
      if (figures.rowsPerSecond > 0) return figures
      throw new TuneError(
        'the job processed nothing of the backlog: is its format that of the rows?',
      )
    })
  } finally {
    await broker.close()
  }
}

async function figuresOf(process: JobProcess) {
  const said = await process.next()
  if (said.kind === 'figures') return said
  throw new TuneError('the job began to read twice')
}

/** Sends live rows; those of the first second do not count. */
async function feed(
  options: RunOptions,
  { open }: RunBroker,
  partitions: number,
  process: JobProcess,
): Promise<void> {
  const { topic, rowsDirectory, rows, rate, signal } = options
  const broker = await open()
  const over = new AbortController()
  const warm = sleep(WARM_SECONDS * 1_000, undefined, { signal: over.signal }).then(
    () => process.tell('measure'),
    () => undefined,
  )
  try {
    const span = { from: rows, count: liveRowsOf(options) }
    const target = { broker, topic, partitions }
    await sendRows(rowsDirectory, span, target, { rowsPerSecond: rate, signal })
  } finally {
    over.abort()
    await warm
    await broker.close()
  }
  process.tell('stop')
}
