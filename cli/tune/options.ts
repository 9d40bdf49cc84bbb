// From the options of the command line to a session: what is swept, against what, and where runs lie. Everything
// that is wrong is found here, before minutes are spent.
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { describeConfig, loadConfig, streamsConfig } from '../../config/config.ts'
import { brokerOptions } from '../../runtime/broker-options.ts'
import { sourceTopicsOf } from '../../runtime/plan.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../exit-codes.ts'
import type { LoadedJob } from '../job.ts'
import type { SessionSpec } from './results.ts'
import type { RunOptions } from './run-broker.ts'
import type { Goal } from './summary.ts'
import { sweptKeysOf, trialsOf, type SweptKey, type Trial } from './sweep.ts'

/** The options of the command, as commander has read them. */
export interface TuneOptions {
  readonly sweep?: readonly string[]
  readonly grid?: boolean
  readonly rows: number
  readonly rate: number
  readonly seconds: number
  readonly repeats: number
  readonly minutes: number
  readonly seed: number
  readonly goal: Goal
  readonly input?: string
  readonly key: string
  readonly time: string
  readonly results?: string
  readonly resume?: boolean
  readonly svg?: string
  readonly write?: string
}

/** A session, ready to begin. */
export interface Session {
  readonly spec: SessionSpec
  readonly trials: readonly Trial[]
  readonly run: RunOptions
  readonly resultsFile: string
  readonly svgFile: string
}

/** The made-up rows are for this topic. */
const MADE_UP_TOPIC = 'police.calls'

/** So few that enough rounds of them to tell something go into some ten minutes. */
const DEFAULT_SWEEP = [
  'num.stream.threads=1',
  'commit.interval.ms=20,500',
  'max.poll.records=512,16384',
  'topic.partitions=8',
]

// A session gives each run its own.
const OWN_KEYS =
  /^(bootstrap\.servers|application\.id|client\.id|state\.dir|server\..*|replay\..*)$/

/** @throws UsageError, ConfigError */
export function sessionOf(context: CliContext, job: LoadedJob, options: TuneOptions): Session {
  const { config, configSource } = context
  const topic = topicOf(job, options)
  const keys = keysOf(context, options)
  const trials = trialsOf(keys, options.grid === true ? 'grid' : 'each')
  const overrides = { ...configSource.overrides } as Record<string, string>
  for (const trial of trials) {
    loadConfig({ ...configSource, overrides: { ...overrides, ...trial } })
  }
  const name = job.topology.name
  const resultsFile = resolve(options.results ?? join('.data', 'tune', `${name}.ndjson`))
  const workDirectory = `${resultsFile}.work`
  const { rows, rate, seconds, seed } = options
  const { bootstrapServers } = config.streams
  return {
    spec: {
      ...{ job: name, keys, rows, rate, seconds, seed, input: options.input },
      broker: bootstrapServers.kind === 'embedded' ? 'the embedded log' : bootstrapServers.address,
      design: options.grid === true ? 'grid' : 'each',
      base: baseOf(context),
      machine: `Node ${process.version}, ${availableParallelism()} cores`,
    },
    trials,
    run: {
      ...{ jobUrl: job.url, topology: job.topology, topic, rows, rate, seconds, workDirectory },
      ...{ directory: configSource.directory, overrides, config: config.streams },
      broker: brokerOptions(config.streams),
      rowsDirectory: join(workDirectory, 'rows'),
      signal: context.signal,
    },
    resultsFile,
    svgFile: resolve(options.svg ?? join(dirname(resultsFile), `${name}.svg`)),
  }
}

function topicOf({ topology }: LoadedJob, { input }: TuneOptions): string {
  const [topic = '', ...others] = sourceTopicsOf(topology)
  if (others.length > 0) {
    const all = [topic, ...others].join(', ')
    throw new UsageError(`tune feeds one topic, and ${topology.name} reads several: ${all}`)
  }
  if (input !== undefined || topic === MADE_UP_TOPIC) return topic
  throw new UsageError(
    `give the rows for ${topic} with --input FILE: an array of objects or one object a line`,
  )
}

function keysOf(context: CliContext, { sweep }: TuneOptions): SweptKey[] {
  const entries = new Map(describeConfig(context.config).map(({ key, value }) => [key, value]))
  const base = (key: string): string | undefined => entries.get(key)
  if (sweep !== undefined) {
    const keys = sweptKeysOf(sweep, base)
    const own = keys.find(({ key }) => OWN_KEYS.test(key))
    if (own === undefined) return keys
    throw new UsageError(`--sweep ${own.key}: tune gives each run its own; sweep other keys`)
  }
  return sweptKeysOf(
    DEFAULT_SWEEP.filter((text) => {
      const [key = '', values = ''] = text.split('=')
      return values.split(',').some((value) => value !== base(key))
    }),
    base,
  )
}

/** What is set other than by default; secrets are in no file of results. */
function baseOf({ config }: CliContext): Record<string, string> {
  const defaults = new Map(streamsConfig().entries.map(({ key, value }) => [key, value]))
  return Object.fromEntries(
    config.streams.entries
      .filter(({ key, value }) => value !== defaults.get(key) && value !== '***')
      .map(({ key, value }) => [key, value]),
  )
}
