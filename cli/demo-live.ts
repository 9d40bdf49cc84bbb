// The demo's live phase: the calls come again and again with later dates, and the job counts them until
// Ctrl-C. The page and the metrics move meanwhile.
import { newestEventTime } from '../data/newest-event-time.ts'
import { replay } from '../data/replay.ts'
import type { QueryProgress } from '../runtime/progress.ts'
import type { CliContext } from './context.ts'
import { callsOptions, type DemoCalls } from './demo-calls.ts'
import { openJobContext } from './demo-job.ts'
import type { LoadedJob } from './job.ts'
import { grouped } from './progress.ts'
import { topicPartitions } from './topic-partitions.ts'
import { startJob } from './run-job.ts'
import { startStatusLine } from './status-line.ts'

/**
 * Feeds `rate` calls a second to the job until `context.signal` is aborted.
 * @throws what makes the feed or the job fail.
 */
export async function feedLive(
  context: CliContext,
  job: LoadedJob,
  calls: DemoCalls,
  rate: number,
): Promise<void> {
  const status = startStatusLine()
  const live = new LiveStatus(context.config.replay.zone)
  const jobContext = await openJobContext(context)
  try {
    const running = await startJob(jobContext, job, {
      once: false,
      onProgress: (progress) => live.add(progress),
    })
    const { url } = running
    const pages = url === undefined ? '' : `Page:    ${url}/\nMetrics: ${url}/metrics\n`
    await context.write(`\n${pages}Live:    ${rate} calls a second from now on, Ctrl-C ends\n`)
    const timer = setInterval(() => status.update(live.text), 200)
    // Whichever ends first, by a failure or by Ctrl-C, ends the other one.
    const ended = new AbortController()
    const isOver = (): void => ended.abort()
    try {
      const signal = AbortSignal.any([context.signal, ended.signal])
      const feeding = feed({ ...context, signal }, calls, rate).finally(() =>
        running.streams.stop(),
      )
      await Promise.all([feeding, running.done.finally(isOver)])
    } finally {
      clearInterval(timer)
      status.stop()
    }
    await context.write(`Stopped after ${live.calls} calls; the next start goes on from here.\n`)
  } finally {
    await jobContext.close()
  }
}

async function feed(context: CliContext, calls: DemoCalls, rate: number): Promise<void> {
  const broker = await context.openBroker()
  const options = callsOptions(context, calls)
  const producer = await broker.openProducer()
  try {
    await replay({
      ...options,
      producer,
      partitions: await topicPartitions(broker, calls.topic, context.config.streams),
      afterMs: await newestEventTime(broker, calls.topic, options),
      pace: { kind: 'rate', rowsPerSecond: rate },
      repeat: true,
      sortMemoryBytes: context.config.replay.sortMemoryBytes,
    })
  } finally {
    await producer.close()
  }
}

/** What came of the feed so far, in words. */
class LiveStatus {
  readonly #time: Intl.DateTimeFormat
  #first: { readonly ms: number; readonly rows: number } | undefined
  #lastMs = 0
  #rows = 0
  #results = 0
  #streamTime = ''

  constructor(zone: string) {
    const style = { dateStyle: 'short', timeStyle: 'short' } as const
    this.#time = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, ...style })
  }

  add({ numInputRows, sink, eventTime }: QueryProgress): void {
    const nowMs = performance.now()
    this.#rows += numInputRows
    // The rate counts from the first rows on: before that the file is being read.
    if (numInputRows > 0) this.#first ??= { ms: nowMs, rows: numInputRows }
    this.#lastMs = nowMs
    this.#results += sink.numOutputRows
    if (eventTime !== undefined) {
      this.#streamTime = this.#time.format(Date.parse(eventTime.watermark))
    }
  }

  get calls(): string {
    return grouped(this.#rows)
  }

  get text(): string {
    if (this.#first === undefined) return 'live: reading the calls'
    const seconds = Math.max(this.#lastMs - this.#first.ms, 1) / 1_000
    const rate = grouped((this.#rows - this.#first.rows) / seconds)
    return `live: ${this.calls} calls in, ${rate}/s, ${grouped(this.#results)} results out, event time ${this.#streamTime}`
  }
}
