// The demo's input: a file of made-up calls, and the topic that they are replayed into. Both are made on
// the first run; what a run that was cut short has left out comes with the next one.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StreamsConfig } from '../config/config.ts'
import { newestEventTime } from '../data/newest-event-time.ts'
import { PUBLISHED_ROWS } from '../data/police-calls/generate.ts'
import { writePoliceCalls } from '../data/police-calls/write.ts'
import { replay, type ReplayOptions } from '../data/replay.ts'
import { sourceTopicsOf } from '../runtime/plan.ts'
import type { CliContext } from './context.ts'
import type { LoadedJob } from './job.ts'
import { grouped, startProgress, summary, type Progress } from './progress.ts'
import { topicPartitions } from './topic-partitions.ts'
import { countRows } from './topic-rows.ts'

/** Where the calls are. */
export interface DemoCalls {
  readonly file: string
  readonly topic: string
}

type CallsOptions = Pick<
  ReplayOptions,
  'file' | 'topic' | 'order' | 'zone' | 'keyField' | 'timeField' | 'strict' | 'signal'
>

const SEED = 1

/**
 * Sees to it that `rows` calls are in the topic that the job reads.
 * @throws BrokerError, ReplayError, InterruptedError
 */
export async function prepareCalls(
  context: CliContext,
  job: LoadedJob,
  rows: number,
): Promise<DemoCalls> {
  const [topic = ''] = sourceTopicsOf(job.topology)
  const calls = { file: fileFor(context.config.streams, rows), topic }
  const progress = startProgress()
  try {
    if (!existsSync(calls.file)) await generate(context, calls.file, rows, progress)
    await fill(context, calls, rows, progress)
  } catch (error) {
    context.signal.throwIfAborted()
    throw error
  } finally {
    progress.stop()
  }
  context.signal.throwIfAborted()
  return calls
}

/** How the calls of the file become records. */
export function callsOptions(context: CliContext, { file, topic }: DemoCalls): CallsOptions {
  return {
    file,
    topic,
    order: 'event-time',
    zone: context.config.replay.zone,
    keyField: 'crime_id',
    timeField: 'call_date_time',
    strict: false,
    signal: context.signal,
  }
}

/** Beside the log, so that who deletes the directory starts anew. */
function fileFor({ bootstrapServers }: StreamsConfig, rows: number): string {
  const directory =
    bootstrapServers.kind === 'embedded' ? dirname(bootstrapServers.directory) : '.data'
  const count = rows === PUBLISHED_ROWS ? '' : `-${rows}`
  return join(directory, `police-calls${count}.json`)
}

async function generate(
  context: CliContext,
  file: string,
  rows: number,
  progress: Progress,
): Promise<void> {
  const startMs = performance.now()
  await mkdir(dirname(file), { recursive: true })
  await writePoliceCalls({
    file,
    rows,
    seed: SEED,
    format: 'array',
    signal: context.signal,
    onProgress: (done) => progress.update('making up calls', done / rows, `${grouped(done)} rows`),
  })
  progress.stop()
  await context.write(`made up    ${summary(rows, performance.now() - startMs)} in ${file}\n`)
}

async function fill(
  context: CliContext,
  calls: DemoCalls,
  rows: number,
  progress: Progress,
): Promise<void> {
  const broker = await context.openBroker()
  const { topic } = calls
  const there = await countRows(broker, topic)
  const where = `${topic} on ${broker.address}`
  if (there >= rows) {
    await context.write(`found      ${grouped(there)} rows in ${where}\n`)
    return
  }
  const options = callsOptions(context, calls)
  const partitions = await topicPartitions(broker, topic, context.config.streams)
  const afterMs = await newestEventTime(broker, topic, options)
  const producer = await broker.openProducer()
  const { delivered, elapsedMs } = await replay({
    ...options,
    producer,
    partitions,
    afterMs,
    pace: { kind: 'fastest' },
    sortMemoryBytes: context.config.replay.sortMemoryBytes,
    onProgress: (at) => {
      const text = at.phase === 'reading' ? 'sorting by time' : `${grouped(at.delivered)} rows`
      progress.update(at.phase === 'reading' ? 'reading' : 'replaying', at.done, text)
    },
  }).finally(() => producer.close())
  progress.stop()
  const before = there > 0 ? `, ${grouped(there)} were there before` : ''
  await context.write(`replayed   ${summary(delivered, elapsedMs)} into ${where}${before}\n`)
}
