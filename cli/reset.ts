// `millrace reset`: lets a job begin anew (Kafka's application reset tool). A dry run unless told otherwise.
import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import { nearest } from '../config/nearest.ts'
import { sourceTopicsOf } from '../runtime/plan.ts'
import { performReset, planReset, type ResetRequest } from '../runtime/reset.ts'
import { assertIdle } from '../runtime/reset-members.ts'
import { matchingNames } from '../topology/matching.ts'
import type { Topology } from '../topology/topology.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'
import { loadJob } from './job.ts'
import { doneText, planText } from './reset-text.ts'
import { targetOf, type TargetOptions } from './reset-options.ts'

interface ResetOptions extends TargetOptions {
  readonly execute?: boolean
  readonly inputTopics?: string
}

const TARGETS: readonly [flags: string, name: string, description: string][] = [
  ['--to-earliest', 'toEarliest', 'begin with the oldest records that are there (default)'],
  ['--to-latest', 'toLatest', 'begin with what comes from now on'],
  ['--to-datetime <time>', 'toDatetime', 'begin with what is not older than an ISO time, UTC'],
  ['--by-duration <duration>', 'byDuration', 'begin so long before now: PT1H30M, P2D'],
  ['--to-offset <n>', 'toOffset', 'begin at an offset, the same in each partition'],
  ['--shift-by <n>', 'shiftBy', 'so many records on from where it stands; negative: back'],
]

/** The command `reset JOB`. */
export function resetCommand(): Command {
  const command = new Command('reset')
    .description(
      'let a job begin anew: offsets, internal topics, state; a dry run without --execute',
    )
    .argument('<job>', 'name of a job, or path of a module with a topology')
    .option('--execute', 'do it; without, only say what would be done')
    .addOption(
      new Option('--dry-run', 'only say what would be done (default)').conflicts('execute'),
    )
    .option(
      '--input-topics <list>',
      'source topics whose offsets are set, by commas (default: all)',
    )
  for (const [flags, name, description] of TARGETS) {
    const others = TARGETS.map(([, other]) => other).filter((other) => other !== name)
    command.addOption(new Option(flags, description).conflicts(others))
  }
  command.addHelpText(
    'after',
    `
Deletes the job's repartition and changelog topics and the state of its tasks, and sets the offsets of
its source topics. Results that are written already, and topics of others, stay as they are. Refused
while the application runs anywhere. Offsets beyond what a partition has become its first or last.`,
  )
  return inContext<ResetOptions>(command, async (context, [name = ''], options) => {
    const target = targetOf(options, Date.now())
    const { topology } = await loadJob(name)
    const inputTopics = inputsOf(topology, options.inputTopics)
    const applicationId = context.config.streams.applicationId ?? topology.name
    await reset(context, { topology, applicationId, inputTopics, target }, options.execute === true)
  })
}

/** @throws UsageError when one of the topics is none that the job reads. */
function inputsOf(topology: Topology, list: string | undefined): string[] | undefined {
  if (list === undefined) return undefined
  const known = sourceTopicsOf(topology)
  const names = list.split(',').map((topic) => topic.trim())
  for (const name of names) {
    if (known.includes(name) || matchingNames(topology, [name]).length > 0) continue
    const guess = nearest(name, known) ?? known.join(', ')
    throw new UsageError(`--input-topics: the job does not read "${name}", but ${guess}`)
  }
  return names
}

async function reset(
  context: CliContext,
  what: Pick<ResetRequest, 'topology' | 'applicationId' | 'inputTopics' | 'target'>,
  isExecuted: boolean,
): Promise<void> {
  const { streams: config } = context.config
  const { bootstrapServers: at } = config
  // Opening a log makes it.
  if (at.kind === 'embedded' && !existsSync(at.directory)) {
    await context.write(`${at.address} is not there yet: nothing to reset\n`)
    return
  }
  const broker = await context.openBroker()
  const admin = await broker.openGroupAdmin(what.applicationId)
  try {
    const isKnown = await assertIdle(admin, what.applicationId, config, (msMax) => {
      const seconds = Math.ceil(msMax / 1_000)
      process.stderr.write(`waiting for the session of the last run to end, ${seconds} s at most\n`)
    })
    const request = { ...what, broker, admin, config }
    const plan = await planReset(request)
    await context.write(planText(plan, broker.address, isKnown))
    if (!isExecuted) {
      return await context.write('Dry run: nothing was changed. Add --execute to do it.\n')
    }
    await performReset(request, plan, (step) => context.write(doneText(step, plan)))
    await context.write(`${what.applicationId} begins anew with its next start.\n`)
  } finally {
    await admin.close()
  }
}
