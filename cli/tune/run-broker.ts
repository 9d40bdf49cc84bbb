// Where one run reads and writes, made for it and gone after it: a log with the backlog in a directory, or the
// topics of the job on Kafka, which belong to nobody else.
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openBroker, type BrokerOptions } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'
import type { StreamsConfig } from '../../config/config.ts'
import { wantedTopics } from '../../runtime/topics.ts'
import type { Topology } from '../../topology/topology.ts'
import { UsageError } from '../exit-codes.ts'
import { sendRows } from './rows.ts'
import type { TrialSettings } from './sweep.ts'

/** What is the same for all runs of a session. */
export interface RunOptions {
  readonly jobUrl: URL
  readonly topology: Topology
  /** The topic that the job reads. */
  readonly topic: string
  /** Directory with the configuration, and settings that win over it. */
  readonly directory: string | undefined
  readonly overrides: TrialSettings
  readonly config: StreamsConfig
  readonly broker: BrokerOptions
  /** Where runs may write, and where the rows are. */
  readonly workDirectory: string
  readonly rowsDirectory: string
  readonly rows: number
  readonly rate: number
  readonly seconds: number
  readonly signal: AbortSignal
}

/** A broker with the backlog. */
export interface RunBroker {
  /** With these a job finds it. */
  readonly settings: TrialSettings
  /** For the rows that come live. */
  readonly open: () => Promise<Broker>
  /** Takes away all that the run has left. */
  readonly close: () => Promise<void>
}

/** Makes one with so many partitions. @throws BrokerError; the reason of `signal`. */
export function prepareRun(options: RunOptions, partitions: number): Promise<RunBroker> {
  return options.broker.kind === 'embedded'
    ? prepareLog(options, partitions)
    : prepareKafka(options, partitions)
}

async function prepareLog(options: RunOptions, partitions: number): Promise<RunBroker> {
  const loaded = join(options.workDirectory, `loaded-${partitions}`)
  if (!existsSync(loaded)) await load(options, loaded, partitions)
  const directory = join(options.workDirectory, 'run')
  rmSync(directory, { recursive: true, force: true })
  cpSync(loaded, directory, { recursive: true })
  return {
    settings: { 'bootstrap.servers': `embedded:${directory}` },
    open: () => openBroker({ kind: 'embedded', directory }),
    close: () => Promise.resolve(rmSync(directory, { recursive: true, force: true })),
  }
}

async function load(options: RunOptions, directory: string, partitions: number): Promise<void> {
  const broker = await openBroker({ kind: 'embedded', directory })
  await fill(options, broker, partitions).finally(() => broker.close())
}

let runsOnKafka = 0

async function prepareKafka(options: RunOptions, partitions: number): Promise<RunBroker> {
  const { config, topology, workDirectory } = options
  runsOnKafka += 1
  const base = config.applicationId ?? topology.name
  // A group of its own: members of the run before may count for a while.
  const applicationId = `${base}-tune-${process.pid}-${runsOnKafka}`
  const directory = join(workDirectory, 'state')
  const broker = await openBroker(options.broker)
  const close = async (): Promise<void> => {
    try {
      const admin = await broker.openGroupAdmin(applicationId)
      const { outer, inner } = wantedTopics(new Map(), topology, applicationId, config, true)
      await admin.deleteTopics([...outer, ...inner].map(({ name }) => name))
      await admin.close()
    } finally {
      await broker.close()
      rmSync(directory, { recursive: true, force: true })
    }
  }
  try {
    await fill(options, broker, partitions)
  } catch (error) {
    await close()
    throw error
  }
  return {
    settings: { 'application.id': applicationId, 'state.dir': directory },
    open: () => openBroker(options.broker),
    close,
  }
}

async function fill(options: RunOptions, broker: Broker, partitions: number): Promise<void> {
  const { topic, rowsDirectory, rows, signal } = options
  await broker.ensureTopics([{ name: topic, partitions }])
  const target = { broker, topic, partitions }
  await sendRows(rowsDirectory, { from: 0, count: rows }, target, { signal })
  signal.throwIfAborted()
}

/**
 * Topics of the job on Kafka are made and deleted with each run.
 * @throws UsageError when one of them is there: it is somebody's.
 */
export async function refuseOthersTopics({
  broker: options,
  config,
  topology,
}: RunOptions): Promise<void> {
  if (options.kind === 'embedded') return
  const broker = await openBroker(options)
  const known = await broker.topics().finally(() => broker.close())
  const { outer } = wantedTopics(new Map(), topology, topology.name, config, true)
  const there = outer.map(({ name }) => name).filter((name) => known.some((of) => of.name === name))
  if (there.length === 0) return
  throw new UsageError(
    `${broker.address} has topics of the job already: ${there.join(', ')}; tune makes and deletes them with ` +
      'each run, so give it a broker without them, or bootstrap.servers=embedded:DIRECTORY',
  )
}
