// Runs a job in this process, on this machine: the entry of the runtime, for the command line and for programs.
import { availableParallelism } from 'node:os'
import { openBroker } from '../broker/open.ts'
import type { StreamsConfig } from '../config/config.ts'
import { assertTopology } from '../topology/topology.ts'
import { brokerOptions } from './broker-options.ts'
import { systemClock } from './clock.ts'
import { takeInstance } from './instance.ts'
import type { RunningStreams, RunOptions } from './running-streams.ts'
import { startStreams } from './start-streams.ts'
import { Workers } from './worker-launch.ts'

/** How many workers are started ahead where only the topics tell how many threads have something to do. */
const PREPARED_MAX = 4

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
  const workers = new Workers()
  const cores = Math.min(availableParallelism(), PREPARED_MAX)
  workers.prepare(config.numStreamThreads ?? cores, topologyUrl.href)
  // Loaded while the broker is waited for.
  const loading = import(topologyUrl.href) as Promise<{ readonly default?: unknown }>
  loading.catch(() => undefined)
  let broker = options.broker
  const close = async (): Promise<void> => {
    if (options.broker === undefined) await broker?.close()
  }
  try {
    broker ??= await openBroker(brokerOptions(config))
    const topology = assertTopology((await loading).default, topologyUrl.href)
    const job = { topology, topologyUrl: topologyUrl.href, config }
    const { launch } = workers
    const machine = { clock: systemClock, launch, takeInstance }
    return await startStreams(job, { ...machine, broker, close }, options)
  } catch (error) {
    await close()
    throw error
  } finally {
    await workers.release()
  }
}
