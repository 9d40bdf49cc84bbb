// Runs a job in this process: the entry of the runtime, for the command line and for programs.
import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { openBroker } from '../broker/open.ts'
import type { Broker, BrokerRoundTrip, DataPathInfo, Group } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import { streamsWithHot } from '../config/hot.ts'
import { brokerOptions } from './broker-options.ts'
import { assertTopology, type Topology } from '../topology/topology.ts'
import { takeInstance } from './instance.ts'
import { collectMetrics, type MetricFamily, type Reading } from './metrics/snapshot.ts'
import { inputsOf, planOf, topicsOf } from './plan.ts'
import { rateLimited } from './rate-limited-log.ts'
import { ProgressReporter, type QueryProgress } from './progress.ts'
import { Restarts, type OpenClient } from './restarts.ts'
import { silentLog, type RunLog } from './run-log.ts'
import type { StoreQueries } from './store-queries.ts'
import { StreamClient } from './stream-client.ts'
import { isLogged, prepareTopics } from './topics.ts'

/** How to run a job. */
export interface RunOptions {
  /** Left out, the configured broker is opened, and closed when the job has ended. */
  readonly broker?: Broker
  /** Process what is there now, then stop (Spark's AvailableNow). */
  readonly once?: boolean
  readonly log?: RunLog
  /** Called after each commit that did something. */
  readonly onProgress?: (progress: QueryProgress) => void
}

/** A job that runs. */
export interface RunningStreams {
  readonly applicationId: string
  readonly runId: string
  readonly topology: Topology
  /** How records get to the threads; undefined where there is only one way. */
  readonly dataPath: DataPathInfo | undefined
  readonly state: string
  /** What is wrong, one sentence each; empty when all is well. */
  readonly problems: readonly string[]
  readonly threads: readonly { readonly threadId: string; readonly tasks: readonly string[] }[]
  /** The last progress report. */
  readonly progress: QueryProgress | undefined
  /** The last progress reports, up to 100, the oldest first. */
  readonly recentProgress: readonly QueryProgress[]
  /** The stores of the application, as far as this instance has them. */
  readonly queries: StoreQueries
  /** Addresses of the other instances' servers (`application.server`), where the broker knows them. */
  peers(): readonly string[]
  /** All metrics; `readings` are values that only the caller knows. */
  metrics(readings?: readonly Reading[]): MetricFamily[]
  /**
   * Goes on with the hot keys of another configuration (`commit.interval.ms`, `poll.ms`, …), without a
   * restart; its other keys are left as they are. Resolves when every thread has taken them over.
   */
  reconfigure(config: StreamsConfig): Promise<void>
  /** Asks for an orderly stop: what was processed is committed, the group is left at once. */
  stop(): void
  /** Resolves after the end; rejects with what made the job fail. */
  readonly done: Promise<void>
}

/**
 * Starts a job. Topics are created or verified first. On Kafka, set UV_THREADPOOL_SIZE=16 before the
 * process starts: each of its clients holds threads of that pool.
 * @param topologyUrl a module whose default export is a topology; each worker imports it.
 * @throws TopologyError, BrokerError
 */
export async function runStreams(
  topologyUrl: URL,
  config: StreamsConfig,
  options: RunOptions = {},
): Promise<RunningStreams> {
  const broker = options.broker ?? (await openBroker(brokerOptions(config)))
  const close = async (): Promise<void> => {
    if (options.broker === undefined) await broker.close()
  }
  try {
    return await startStreams(topologyUrl, config, broker, close, options)
  } catch (error) {
    await close()
    throw error
  }
}

async function startStreams(
  topologyUrl: URL,
  config: StreamsConfig,
  broker: Broker,
  close: () => Promise<void>,
  { once = false, log: given = silentLog, onProgress }: RunOptions,
): Promise<RunningStreams> {
  const log = rateLimited(given)
  const module = (await import(topologyUrl.href)) as { readonly default?: unknown }
  const topology = assertTopology(module.default, topologyUrl.href)
  const applicationId = config.applicationId ?? topology.name
  const partitions = await prepareTopics(broker, topology, applicationId, config)
  const plan = planOf(topology, applicationId, partitions, { isLogged: isLogged(broker) })
  const widest = Math.max(
    ...topology.subtopologies
      .flatMap((part) => topicsOf(part, applicationId))
      .map((name) => partitions.get(name) ?? 1),
  )
  const threadsOf = ({ numStreamThreads }: StreamsConfig): number =>
    numStreamThreads ?? Math.min(availableParallelism(), widest)
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
      guarantee: config.processingGuarantee,
      isCoPartitioned: plan.tasks.some(({ inputs }) => inputs.length > 1),
      applicationServer: config.applicationServer,
      ...(instance === undefined ? {} : { instanceId: instance.id }),
    })
  const runId = randomUUID()
  const reporter = new ProgressReporter({ name: topology.name, runId, plan, onProgress })
  let current = config
  let dataPath: DataPathInfo | undefined
  let roundTrips = (): readonly BrokerRoundTrip[] => []
  let peers = (): readonly string[] => []
  const openClient: OpenClient = async (metrics) => {
    const group = await openGroup()
    dataPath = group.dataPath
    roundTrips = () => group.roundTrips ?? []
    peers = () => group.peers?.() ?? []
    return new StreamClient({
      topologyUrl: topologyUrl.href,
      topology,
      config: current,
      plan,
      broker,
      group,
      threads: threadsOf(current),
      log,
      ends,
      metrics,
      onCommit: (result, slabs) => reporter.committed(result, slabs),
    })
  }
  const first = await openClient(undefined).catch((error: unknown) => {
    instance?.release()
    throw error
  })
  const restarts = new Restarts(first, openClient, log)
  if (dataPath?.path === 'plain') {
    log.warn(
      { reason: dataPath.reason },
      'records pass the main thread, which is several times slower',
    )
  }
  return {
    applicationId,
    runId,
    topology,
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
    metrics: (readings = []) =>
      collectMetrics(
        restarts.client.metrics,
        [...readings, ...roundTrips().flatMap(readingsOf)],
        current.metricsRecordingLevel,
      ),
    reconfigure: async (next) => {
      current = streamsWithHot(current, next)
      await restarts.client.reconfigure(current, threadsOf(current))
    },
    stop: () => restarts.stop(),
    done: restarts.run().finally(async () => {
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
