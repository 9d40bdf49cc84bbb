// `millrace doctor`: looks at everything that a start depends on, and says what is wrong and what to do.
import { Command } from 'commander'
import { ConfigError, type Config } from '../config/config.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { checkBroker, type JobToCheck } from './doctor/broker-checks.ts'
import { finding, lineOf, problemOf, type Finding } from './doctor/finding.ts'
import { checkAddon, checkClient, checkNode } from './doctor/installation.ts'
import { checkDirectory, checkHolders, checkPort } from './doctor/machine.ts'
import { ProblemsFound } from './exit-codes.ts'
import { loadJob } from './job.ts'

interface DoctorOptions {
  readonly json?: boolean
}

/** The command `doctor [JOB]`. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('check what a start depends on, and say what to do; changes nothing')
    .argument('[job]', 'with a job, its group and topics are checked, too')
    .option('--json', 'as one JSON array: check, status, message, hint')
    .addHelpText(
      'after',
      `
Each line is ok, a warning or a problem. The exit code is 1 when there is a problem, else 0. The clock is
not compared with the broker's: the client has no way to ask for it without writing a record.`,
    )
  return inContext<DoctorOptions>(command, async (context, [name], { json }) => {
    const found: Finding[] = []
    const tell = async (findings: readonly Finding[]): Promise<void> => {
      found.push(...findings)
      if (json !== true) await context.write(findings.map(lineOf).join(''))
    }
    await examine(context, name, tell)
    if (json === true) await context.write(`${JSON.stringify(found)}\n`)
    const problems = found.filter(({ status }) => status === 'problem').length
    if (problems > 0) throw new ProblemsFound(problems)
  })
}

async function examine(
  context: CliContext,
  name: string | undefined,
  tell: (findings: readonly Finding[]) => Promise<void>,
): Promise<void> {
  const { config, findings } = checkConfiguration(context)
  await tell([checkNode(), checkAddon()])
  await tell(await checkClient(config?.streams))
  await tell(findings)
  if (config === undefined) return
  const { streams, server } = config
  const job = name === undefined ? undefined : await jobOf(name, config)
  if (job !== undefined && 'status' in job) await tell([job])
  const topology = job !== undefined && 'topology' in job ? job : undefined
  const applicationId = streams.applicationId ?? topology?.applicationId
  const { bootstrapServers: at, stateDir } = streams
  const isKafka = at.kind === 'kafka'
  const directory =
    at.kind === 'kafka'
      ? checkDirectory('state', stateDir, 'state.dir')
      : checkDirectory('log', at.directory, 'bootstrap.servers')
  const holders = isKafka ? checkHolders(stateDir, applicationId) : []
  await tell([...directory, ...holders])
  // A log that cannot be written has said so.
  const isOpen = isKafka || directory.every(({ status }) => status !== 'problem')
  const broker = isOpen ? await checkBroker(streams, topology) : undefined
  await tell(broker?.findings ?? [])
  await tell([await checkPort(server, broker?.isRunning === true || holders.length > 0)])
}

/** The configuration, or why there is none: one finding for each of its problems. */
function checkConfiguration(context: CliContext): {
  readonly config: Config | undefined
  readonly findings: readonly Finding[]
} {
  try {
    const { config } = context
    const files = [...config.streams.entries, ...config.server.entries, ...config.replay.entries]
      .map(({ source }) => source.replace(/:\d+$/, ''))
      .filter((source) => source.endsWith('.properties'))
    const text = `read: ${[...new Set(files)].join(', ') || 'defaults only'}`
    return { config, findings: [finding('configuration', 'ok', text)] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const findings = error.problems.map(({ source, key, message }) =>
      finding('configuration', 'problem', `${source}: ${key}: ${message}`),
    )
    return { config: undefined, findings }
  }
}

async function jobOf(name: string, { streams }: Config): Promise<JobToCheck | Finding> {
  try {
    const { topology } = await loadJob(name)
    return { topology, applicationId: streams.applicationId ?? topology.name }
  } catch (error) {
    return problemOf('job', error)
  }
}
