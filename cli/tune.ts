// `millrace tune`: what settings do to throughput and latency of a job, measured in paired runs.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command, Option } from 'commander'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { loadJob } from './job.ts'
import { decimal, whole } from './option-values.ts'
import { startProgress } from './progress.ts'
import { effectsOf } from './tune/effects.ts'
import { liveRowsOf, measureRun } from './tune/measured-run.ts'
import { sessionOf, type Session, type TuneOptions } from './tune/options.ts'
import { svgPicture } from './tune/picture.ts'
import { reportOf } from './tune/report.ts'
import { Results, type RunResult } from './tune/results.ts'
import { prepareRows } from './tune/rows.ts'
import { refuseOthersTopics } from './tune/run-broker.ts'
import { runSession, type SessionEnd } from './tune/session.ts'
import { bestPairs, confirmationOf, GOALS, summarize, trialWith } from './tune/summary.ts'
import { nameOf, type Trial } from './tune/sweep.ts'
import { writeWinner } from './tune/winner.ts'

const MS_PER_MINUTE = 60_000

/** The command `tune JOB`. */
export function tuneCommand(): Command {
  const command = new Command('tune')
    .description('measure what settings do to throughput and latency of a job, and find the best')
    .argument('<job>', 'name of a job, or path of a module with a topology')
    .option(
      '--sweep <key=value,value>',
      'values to compare with the configured one; repeat',
      collect,
    )
    .option('--grid', 'run all combinations, instead of one changed key at a time')
    .option('--rows <n>', 'rows that wait for each run', whole(1), 100_000)
    .option('--rate <n>', 'rows a second that come live afterwards; 0: none', whole(0), 2_000)
    .option(
      '--seconds <n>',
      'how long they come, besides a second that does not count',
      whole(0),
      3,
    )
    .option(
      '--repeats <n>',
      'rounds; a round runs each trial once, in an order by chance',
      whole(1),
      12,
    )
    .option('--minutes <n>', 'time for all of it', decimal, 12)
    .option('--seed <n>', 'of that chance', whole(0), 1)
    .addOption(new Option('--goal <goal>', 'what is best').choices(GOALS).default('balanced'))
    .option(
      '--input <file>',
      'rows for the job, as replay reads them (default: made-up police calls)',
    )
    .option('--key <field>', "field of the file that becomes the record's key", 'crime_id')
    .option('--time <field>', 'field of the file with the event time', 'call_date_time')
    .option('--results <file>', 'where runs are kept (default: .data/tune/JOB.ndjson)')
    .option('--resume', 'go on with the runs that are there')
    .option('--svg <file>', 'where the picture goes (default: beside the results)')
    .option('--write <file>', 'write the best settings as a file of properties')
    .addHelpText(
      'after',
      `
On the embedded log each run has a log of its own. On Kafka it makes and deletes the job's topics, so it
needs a broker without them. Ctrl-C ends with a report of the runs so far.`,
    )
  return inContext<TuneOptions>(command, async (context, [name = ''], options) => {
    await tune(context, sessionOf(context, await loadJob(name), options), options)
  })
}

async function tune(context: CliContext, session: Session, options: TuneOptions): Promise<void> {
  const { spec, run, trials } = session
  await refuseOthersTopics(run)
  const results = Results.open(session.resultsFile, spec, options.resume === true)
  const progress = startProgress()
  const sweepOf = (runs: readonly RunResult[]) => effectsOf(runs, spec.keys)
  const bestOf = (runs: readonly RunResult[]): Trial | undefined => {
    const pairs = bestPairs(sweepOf(runs), options.goal)
    return pairs.length === 0 ? undefined : trialWith(pairs)
  }
  let end: SessionEnd = 'interrupted'
  try {
    rmSync(run.workDirectory, { recursive: true, force: true })
    progress.update('making rows', 0, `${spec.rows + liveRowsOf(run)} rows`)
    await prepare(context, session, options)
    end = await runSession(results, {
      ...{ trials, bestOf, repeats: options.repeats, seed: spec.seed, signal: context.signal },
      budgetMs: options.minutes * MS_PER_MINUTE,
      measure: (trial) => measureRun(run, trial),
      onRun: ({ phase, done, run: number, runs, next }) =>
        progress.update(
          phase,
          done,
          `run ${number} of ${runs}${next === undefined ? '' : `: ${nameOf(next)}`}`,
        ),
      nowMs: () => performance.now(),
    })
  } catch (error) {
    if (!context.signal.aborted) throw error
  } finally {
    progress.stop()
    rmSync(run.workDirectory, { recursive: true, force: true })
  }
  await conclude(context, session, results, options, end)
  const best = bestOf(results.runs.filter(({ phase }) => phase === 'sweep'))
  if (options.write !== undefined && results.runs.length > 0) {
    const held = best === undefined ? 'not run' : confirmationOf(results.runs, best, options.goal)
    writeWinner(options.write, spec, best, held)
    const isSet = held === 'confirmed'
    await context.write(`settings: ${options.write}${isSet ? '' : ', those that are configured'}\n`)
  }
  context.signal.throwIfAborted()
}

function prepare({ config, signal }: CliContext, { run, spec }: Session, options: TuneOptions) {
  mkdirSync(run.workDirectory, { recursive: true })
  const { input: file, key: keyField, time: timeField } = options
  const source = { file, keyField, timeField, zone: config.replay.zone }
  return prepareRows(run.rowsDirectory, source, spec.rows + liveRowsOf(run), signal)
}

/** Tells what the runs say, also after a session that was cut short. */
async function conclude(
  context: CliContext,
  { spec, trials, svgFile, resultsFile }: Session,
  { runs }: Results,
  { goal }: TuneOptions,
  end: SessionEnd,
): Promise<void> {
  const sweep = runs.filter(({ phase }) => phase === 'sweep')
  const summaries = summarize(sweep, trials)
  if (summaries.length === 0) {
    await context.write('no run is over yet; --resume goes on\n')
    return
  }
  mkdirSync(dirname(svgFile), { recursive: true })
  const title = `${spec.job} on ${spec.broker}: ${sweep.length} runs`
  writeFileSync(svgFile, svgPicture({ title, summaries }))
  const lines = [
    end === 'complete' ? '' : `${end}: --resume goes on; until then:\n\n`,
    reportOf({ spec, runs, summaries, goal }),
    `\nruns: ${resultsFile}\npicture: ${svgFile}\n`,
  ]
  await context.write(lines.join(''))
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
