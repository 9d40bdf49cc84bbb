// The one place where the command line starts the runtime: the job, its server, its log. Used by start
// and demo.
import { createHash } from 'node:crypto'
import type { DataPathInfo } from '../broker/ports.ts'
import { describeConfig } from '../config/config.ts'
import type { Reading } from '../runtime/metrics/snapshot.ts'
import type { QueryProgress } from '../runtime/progress.ts'
import { runStreams, type RunningStreams } from '../runtime/run-streams.ts'
import { startServer, type RunningServer } from '../server/http-server.ts'
import type { CliContext } from './context.ts'
import type { LoadedJob } from './job.ts'
import { SummaryLog } from './summary-log.ts'
import { versionOfPackage } from './version.ts'

/** How a job is run. */
export interface RunJobOptions {
  /** Stop at the ends of the input known at the start. */
  readonly once: boolean
  /** Called after each commit that did something. */
  readonly onProgress?: (progress: QueryProgress) => void
}

/** A job that runs, with its server. */
export interface RunningJob {
  readonly streams: RunningStreams
  /** Address of the page and the metrics, undefined when `server.enabled` is false. */
  readonly url: string | undefined
  /** Resolves after an orderly stop, which `context.signal` or `streams.stop` asks for. */
  readonly done: Promise<void>
}

/**
 * Starts a job in this process.
 * @throws ServerError, TopologyError, BrokerError
 */
export async function startJob(
  context: CliContext,
  job: LoadedJob,
  { once, onProgress }: RunJobOptions,
): Promise<RunningJob> {
  const { config, logger } = context
  const broker = await context.openBroker()
  const watchers = new Set<(progress: unknown) => void>()
  const summary = new SummaryLog(logger, config.streams.logSummaryIntervalMs)
  const streams = await runStreams(job.url, config.streams, {
    broker,
    once,
    log: logger,
    onProgress(progress) {
      summary.add(progress)
      for (const watch of watchers) watch(progress)
      logger.debug({ progress }, 'progress')
      onProgress?.(progress)
    },
  })
  const onAbort = (): void => streams.stop()
  if (context.signal.aborted) onAbort()
  context.signal.addEventListener('abort', onAbort)
  // The job may fail before anybody awaits its end.
  streams.done.catch(() => undefined)
  const server = await serve(context, streams, watchers).catch(async (error: unknown) => {
    streams.stop()
    await streams.done.catch(() => undefined)
    throw error
  })
  const done = streams.done.finally(async () => {
    context.signal.removeEventListener('abort', onAbort)
    summary.close()
    await server?.close()
  })
  done.catch(() => undefined)
  return { streams, url: server?.url, done }
}

function serve(
  context: CliContext,
  streams: RunningStreams,
  watchers: Set<(progress: unknown) => void>,
): Promise<RunningServer | undefined> {
  const { server, streams: settings } = context.config
  if (!server.enabled) return Promise.resolve(undefined)
  const readings = readingsOf(context, streams)
  return startServer({
    host: server.host,
    port: server.port,
    applicationId: streams.applicationId,
    metrics: () => streams.metrics(readings),
    health: () => ({
      status: streams.problems.length === 0 ? 'ok' : 'failing',
      reasons: streams.problems,
      details: {
        state: streams.state,
        runId: streams.runId,
        broker: settings.bootstrapServers.address,
        threads: streams.threads,
      },
    }),
    progress: () => streams.recentProgress,
    watchProgress(watch) {
      watchers.add(watch)
      return () => watchers.delete(watch)
    },
    topology: () => streams.topology.describe(),
    state: {
      get stores() {
        return streams.queries.stores
      },
      ask: (query) => streams.queries.ask(query),
      peers: () => streams.peers(),
    },
    onError: (error) => {
      context.logger.error({ err: error }, 'the server failed')
    },
  })
}

/** What is constant while a job runs: what it is, and with which settings. */
function readingsOf(
  { config }: CliContext,
  { applicationId, runId, dataPath }: RunningStreams,
): Reading[] {
  const entries = describeConfig(config)
  const text = entries.map(({ key, value }) => `${key}=${value}`).join('\n')
  const info = {
    client_id: config.streams.clientId ?? applicationId,
    version: versionOfPackage(),
    commit_id: '',
    run_id: runId,
    config_hash: createHash('sha256').update(text).digest('hex').slice(0, 12),
  }
  return [
    { name: 'kafka_stream_info', labels: info, value: 1 },
    ...(dataPath === undefined ? [] : [dataPathReading(dataPath)]),
    ...entries.map(({ key, value }): Reading => {
      return { name: 'kafka_stream_config_info', labels: { key, value }, value: 1 }
    }),
  ]
}

function dataPathReading({ path, reason = '' }: DataPathInfo): Reading {
  return { name: 'kafka_client_data_path_info', labels: { path, reason }, value: 1 }
}
