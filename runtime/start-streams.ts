// Starts a job in given surroundings: lays it out on its topics, opens its group, and keeps it running over
// restarts and new settings. run-streams.ts gives it those of this machine, a simulation its own.
import { randomUUID } from 'node:crypto'
import type { BrokerRoundTrip, DataPathInfo } from '../broker/client-figures.ts'
import type { Broker, Group } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import { streamsWithHot } from '../config/hot.ts'
import { hasPatterns } from '../topology/matching.ts'
import type { Topology } from '../topology/topology.ts'
import type { Clock } from './clock.ts'
import type { takeInstance } from './instance.ts'
import type { LaunchThread } from './launch.ts'
import { layOut, type Layout } from './layout.ts'
import { matchedBy } from './matched.ts'
import { collectMetrics, type Reading } from './metrics/snapshot.ts'
import { inputsOf, outputsOf } from './plan.ts'
import { ProgressReporter } from './progress.ts'
import { rateLimited } from './rate-limited-log.ts'
import { Restarts, type OpenClient } from './restarts.ts'
import { silentLog } from './run-log.ts'
import type { RunningStreams, RunOptions } from './running-streams.ts'
import { startsOf } from './source-starts.ts'
import { StreamClient } from './stream-client.ts'
import { watchEveryMs, watchTopics } from './topic-watch.ts'

/** A job as it is to run. */
export interface Job {
  readonly topology: Topology
  /** Where threads find it. */
  readonly topologyUrl: string
  readonly config: StreamsConfig
}

/** What an instance has to do with outside of itself. */
export interface Surroundings {
  readonly broker: Broker
  /** Called when the job has ended. */
  readonly close: () => Promise<void>
  readonly clock: Clock
  readonly launch: LaunchThread
  readonly takeInstance: typeof takeInstance
}

/**
 * Starts a job in surroundings of the caller's: `runStreams` gives this machine's, a simulation its own.
 * @throws TopologyError, BrokerError
 */
export async function startStreams(
  { topology: declared, topologyUrl, config }: Job,
  { broker, close, clock, launch, takeInstance }: Surroundings,
  { once = false, log: given = silentLog, onProgress }: Omit<RunOptions, 'broker'> = {},
): Promise<RunningStreams> {
  const log = rateLimited(given, () => clock.monotonicMs())
  const applicationId = config.applicationId ?? declared.name
  const look = async (): Promise<string[]> => {
    const names = (await broker.topics()).map(({ name }) => name)
    return matchedBy(declared, applicationId, names)
  }
  const lay = (matched: readonly string[]): Promise<Layout> =>
    layOut(declared, matched, broker, applicationId, config)
  const matched = hasPatterns(declared) ? await look() : []
  let layout = await lay(matched)
  const { plan } = layout
  const sources = plan.tasks
    .flatMap(inputsOf)
    .filter(({ topic }) => plan.sourceTopics.includes(topic))
  const ends = once
    ? (await broker.watermarks(sources)).map(({ end }, i) => {
        const { topic, partition } = sources[i]!
        return { topic, partition, offset: end }
      })
    : undefined
  // What the embedded log holds it locks itself.
  const instance =
    broker.kind === 'kafka'
      ? takeInstance(config.stateDir, applicationId, (error) => restarts.client.fail(error))
      : undefined
  const openGroup = (): Promise<Group> =>
    broker.openGroup({
      applicationId,
      stateDir: config.stateDir,
      stateStore: config.stateStore,
      sharedStates:
        config.stateStore === 'lmdb' ? instance?.sharedStates(layout.plan.tasks.length) : undefined,
      fetching: {
        bytes: config.inputBufferMaxBytes,
        partitions: layout.plan.tasks.flatMap(inputsOf).length,
      },
      outputs: outputsOf(layout.topology, layout.plan),
      internals: layout.internals,
      guarantee: config.processingGuarantee,
      // Topics that come later must not change how members share partitions out.
      isCoPartitioned:
        hasPatterns(declared) || layout.plan.tasks.some(({ inputs }) => inputs.length > 1),
      applicationServer: config.applicationServer,
      startAt: startsOf(layout.topology, broker, applicationId, clock),
      ...(instance === undefined ? {} : { instanceId: instance.id }),
    })
  const runId = randomUUID()
  const reporter = new ProgressReporter({ name: declared.name, runId, plan, onProgress })
  let current = config
  let isHeld = false
  /** The settings as they are to run. */
  const effective = (): StreamsConfig => {
    return isHeld ? { ...current, processingPaused: true } : current
  }
  let dataPath: DataPathInfo | undefined
  let roundTrips = (): readonly BrokerRoundTrip[] => []
  let peers = (): readonly string[] => []
  const openClient: OpenClient = async (metrics) => {
    const group = await openGroup()
    dataPath = group.dataPath
    roundTrips = () => group.roundTrips ?? []
    peers = () => group.peers?.() ?? []
    return new StreamClient({
      topologyUrl,
      topology: layout.topology,
      config: effective(),
      plan: layout.plan,
      broker,
      group,
      threads: layout.threadsOf(current),
      log,
      clock,
      launch,
      ends,
      metrics,
      onCommit: (result, slabs) => reporter.committed(result, slabs),
    })
  }
  const first = await openClient(undefined).catch((error: unknown) => {
    instance?.release()
    throw error
  })
  const restarts = new Restarts(first, openClient, log, clock)
  const watching = new AbortController()
  if (hasPatterns(declared) && !once) {
    const changed = async (names: readonly string[]): Promise<void> => {
      layout = await lay(names)
      reporter.layOut(layout.plan)
      restarts.renew()
    }
    const everyMs = watchEveryMs(broker, config)
    const watch = { look, changed, everyMs, clock, log, signal: watching.signal }
    watchTopics(matched, watch).catch((error: unknown) => restarts.client.fail(error as Error))
  }
  const takeOver = (): Promise<void> =>
    restarts.client.reconfigure(effective(), layout.threadsOf(current))
  const hold = async (wanted: boolean): Promise<void> => {
    if (isHeld === wanted) return
    isHeld = wanted
    await takeOver()
    log.info({ applicationId }, wanted ? 'paused: records stay where they are' : 'resumed')
  }
  if (dataPath?.path === 'plain') {
    log.warn(
      { reason: dataPath.reason },
      'records pass the main thread, which is several times slower; the event time of partitions is not kept beside their offsets, and the limits of topics are not known',
    )
  }
  if (dataPath?.withoutLimits !== undefined) {
    log.warn(
      { reason: dataPath.withoutLimits },
      'limits of topics are not known: what the brokers refuse for them ends the run',
    )
  }
  return {
    applicationId,
    runId,
    get topology() {
      return layout.topology
    },
    dataPath,
    get state() {
      return restarts.client.state
    },
    get problems() {
      return restarts.client.problems
    },
    get threads() {
      return restarts.client.threadStates
    },
    get queries() {
      return restarts.client.queries
    },
    peers: () => peers(),
    get progress() {
      return reporter.recent.at(-1)
    },
    get recentProgress() {
      return reporter.recent
    },
    metrics: (readings = []) => {
      restarts.client.look()
      return collectMetrics(
        restarts.client.metrics,
        [...readings, ...roundTrips().flatMap(readingsOf)],
        current.metricsRecordingLevel,
      )
    },
    reconfigure: async (next) => {
      current = streamsWithHot(current, next)
      await takeOver()
    },
    get isPaused() {
      return effective().processingPaused
    },
    pause: () => hold(true),
    resume: () => hold(false),
    stop: () => restarts.stop(),
    done: restarts.run().finally(async () => {
      watching.abort()
      instance?.release()
      await close()
    }),
  }
}

function readingsOf({ client, broker, avgSeconds, p99Seconds }: BrokerRoundTrip): Reading[] {
  const name = 'kafka_client_broker_rtt_seconds'
  return [
    { name, labels: { client, broker, stat: 'avg' }, value: avgSeconds },
    { name, labels: { client, broker, stat: 'p99' }, value: p99Seconds },
  ]
}
