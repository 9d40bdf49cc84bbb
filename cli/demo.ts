// `millrace demo`, which is `npm start`: the police job from nothing to a report, then a live feed. What
// is there already is not made again, so that a second run goes on where the first one ended.
import { Argument, Command } from 'commander'
import { PUBLISHED_ROWS } from '../data/police-calls/generate.ts'
import type { MetricFamily } from '../runtime/metrics/snapshot.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { prepareCalls } from './demo-calls.ts'
import { feedLive } from './demo-live.ts'
import { demoTransit } from './demo-transit.ts'
import { UsageError } from './exit-codes.ts'
import { loadJob, type LoadedJob } from './job.ts'
import { createLogger } from './logger.ts'
import { decimal, whole } from './option-values.ts'
import { outcomeReport, OUTCOMES_TOPIC, readOutcomes } from './outcome-report.ts'
import { checkServerPort, openJobContext } from './demo-job.ts'
import { grouped, startProgress, summary } from './progress.ts'
import { startJob } from './run-job.ts'
import { countRows } from './topic-rows.ts'

/** The options of the command. */
export interface DemoOptions {
  readonly once?: boolean
  readonly rows: number
  readonly rate: number
  readonly speed: number
}

/** Which options are whose. */
const OPTIONS_OF = { 'police-calls': ['once', 'rows', 'rate'], transit: ['speed'] } as const

type DemoJob = keyof typeof OPTIONS_OF

/** The command `demo`. */
export function demoCommand(): Command {
  const jobs = Object.keys(OPTIONS_OF)
  const command = new Command('demo')
    .description('make up police calls, count them, print a report, then go on with a live feed')
    .addArgument(new Argument('[job]', 'whose demo').choices(jobs).default('police-calls'))
    .option('--once', 'stop after the report')
    .option('--rows <n>', 'how many calls to make up on the first run', whole(1), PUBLISHED_ROWS)
    .option('--rate <n>', 'calls a second of the live feed', whole(1), 50)
    .option('--speed <x>', 'of transit: so many times faster than life', decimal, 60)
    .addHelpText(
      'after',
      `
The calls are kept beside the embedded log, as .data/police-calls.json by default. A second run goes
on with what is there; delete .data to start anew. With transit it shows Chicago's trains on a page of
their own instead, by the simulation of \`simulate transit\`.`,
    )
  return inContext<DemoOptions>(command, (context, _args, options) => {
    const [job] = command.processedArgs as [DemoJob]
    refuseOthersOptions(command, job)
    return job === 'transit'
      ? demoTransit(quiet(context), options.speed)
      : demo(quiet(context), options)
  })
}

function refuseOthersOptions(command: Command, job: DemoJob): void {
  const allowed: readonly string[] = OPTIONS_OF[job]
  for (const option of Object.values(OPTIONS_OF).flat()) {
    if (allowed.includes(option) || command.getOptionValueSource(option) !== 'cli') continue
    throw new UsageError(`--${option} is no option of demo ${job}`)
  }
}

async function demo(context: CliContext, options: DemoOptions): Promise<void> {
  const job = await loadJob('police-calls')
  refuseOtherFormat(context)
  await checkServerPort(context, 'npm start')
  const calls = await prepareCalls(context, job, options.rows)
  const dropped = await processAll(context, job, calls.topic)
  const totals = await readOutcomes(await context.openBroker(), context.signal)
  context.signal.throwIfAborted()
  const report = outcomeReport(totals, context.config.replay.zone)
  await context.write(`\n${report}\nDropped records: ${dropped}\n`)
  if (options.once !== true) await feedLive(context, job, calls, options.rate)
}

/** Runs the job over all that waits; answers what was dropped, in words. */
async function processAll(context: CliContext, job: LoadedJob, topic: string): Promise<string> {
  const total = await countRows(await context.openBroker(), topic)
  const jobContext = await openJobContext(context)
  const progress = startProgress()
  const startMs = performance.now()
  let rows = 0
  const tell = (done: number): void => {
    const rate = (rows * 1_000) / (performance.now() - startMs)
    const text = `${grouped(done)} of ${grouped(total)} rows, ${grouped(rate)} rows/s`
    progress.update('processing', total === 0 ? 1 : Math.min(1, done / total), text)
  }
  try {
    const running = await startJob(jobContext, job, {
      once: true,
      onProgress({ numInputRows, sources }) {
        rows += numInputRows
        const ends = Object.values(sources[0]?.endOffset[topic] ?? {})
        tell(ends.reduce((sum, offset) => sum + offset, 0))
      },
    })
    await running.done
    progress.stop()
    context.signal.throwIfAborted()
    const elapsedMs = performance.now() - startMs
    const done = `processed  ${summary(rows, elapsedMs)}, start-up included`
    const before = total > rows ? `, ${grouped(total - rows)} were processed before` : ''
    await context.write(rows > 0 ? `${done}${before}\n` : `processed  nothing new${before}\n`)
    return droppedText(running.streams.metrics())
  } finally {
    progress.stop()
    await jobContext.close()
  }
}

function droppedText(metrics: readonly MetricFamily[]): string {
  const byReason = new Map<string, number>()
  const name = 'kafka_stream_task_dropped_records_total'
  for (const { labels, value } of metrics.find((family) => family.name === name)?.samples ?? []) {
    const reason = labels['reason'] ?? ''
    byReason.set(reason, (byReason.get(reason) ?? 0) + value)
  }
  const dropped = [...byReason].filter(([, count]) => count > 0)
  if (dropped.length === 0) return 'none'
  return dropped.map(([reason, count]) => `${grouped(count)} ${reason}`).join(', ')
}

/** Its log lines would tear the progress apart; what goes wrong is told all the same. */
function quiet(context: CliContext): CliContext {
  const logger = createLogger({ level: 'warn', pretty: process.stderr.isTTY })
  return context.verbose ? context : { ...context, logger }
}

function refuseOtherFormat({ config }: CliContext): void {
  const format = config.streams.topicFormats[OUTCOMES_TOPIC] ?? 'json'
  if (format === 'json') return
  throw new UsageError(
    `the demo reads its results as JSON: unset topic.format.${OUTCOMES_TOPIC}=${format}, or use start`,
  )
}
