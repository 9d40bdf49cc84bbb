// The one place where the command line starts the runtime: the job, its server, its log. Used by start
// and demo.
import type { DataPathInfo } from '../broker/client-figures.ts'
import { configHash } from '../config/hot.ts'
import type { Reading } from '../runtime/metrics/snapshot.ts'
import type { QueryProgress } from '../runtime/progress.ts'
import { rateLimited } from '../runtime/rate-limited-log.ts'
import { runStreams } from '../runtime/run-streams.ts'
import type { RunningStreams } from '../runtime/running-streams.ts'
import { openPanels, type PagePanels } from '../server/page-panels.ts'
import { readJobPage } from '../server/job-page.ts'
import { startServer, type RunningServer } from '../server/http-server.ts'
import type { JobPage } from '../topology/job-page.ts'
import type { CliContext } from './context.ts'
import { openIngest } from './ingest.ts'
import type { LoadedJob } from './job.ts'
import { LiveConfig } from './live-config.ts'
import { openProgressTopic } from './progress-topic.ts'
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
  const { logger } = context
  const live = new LiveConfig(context)
  const { streams: settings } = live.current
  const broker = await context.openBroker()
  const watchers = new Set<(progress: unknown) => void>()
  const summary = new SummaryLog(logger, settings.logSummaryIntervalMs)
  const reports = await openProgressTopic(broker, settings, logger)
  const streams = await runStreams(job.url, settings, {
    broker,
    once,
    log: logger,
    onProgress(progress) {
      summary.add(progress)
      for (const watch of watchers) watch(progress)
      const { progressLogLevel: level } = live.current.streams
      if (level !== 'silent') logger[level]({ progress }, 'progress')
      reports?.write(progress)
      onProgress?.(progress)
    },
  }).catch(async (error: unknown) => {
    await reports?.close()
    throw error
  })
  const onAbort = (): void => streams.stop()
  if (context.signal.aborted) onAbort()
  context.signal.addEventListener('abort', onAbort)
  // The job may fail before anybody awaits its end.
  streams.done.catch(() => undefined)
  const panels = openPanels(broker, job.panels, settings.topicFormats)
  const served = serve(context, streams, { live, watchers, panels, page: job.page })
  const server = await served.catch(async (error: unknown) => {
    streams.stop()
    await streams.done.catch(() => undefined)
    await reports?.close()
    throw error
  })
  live.follow(async (next) => {
    await streams.reconfigure(next.streams)
    summary.every(next.streams.logSummaryIntervalMs)
  })
  const done = streams.done.finally(async () => {
    live.close()
    await reports?.close()
    context.signal.removeEventListener('abort', onAbort)
    summary.close()
    await server?.close()
    await panels.close()
  })
  done.catch(() => undefined)
  return { streams, url: server?.url, done }
}

/** What is served beside the streams themselves. */
interface Served {
  readonly live: LiveConfig
  readonly watchers: Set<(progress: unknown) => void>
  readonly panels: PagePanels
  readonly page: JobPage | undefined
}

async function serve(
  context: CliContext,
  streams: RunningStreams,
  { live, watchers, panels, page }: Served,
): Promise<RunningServer | undefined> {
  const { server, streams: settings } = context.config
  if (!server.enabled) return undefined
  const broker = await context.openBroker()
  const ingest = await openIngest(context.config, broker, streams.topology)
  // Who watches stores asks many times a second.
  const warnings = rateLimited(context.logger)
  const started = startServer({
    host: server.host,
    port: server.port,
    applicationId: streams.applicationId,
    metrics: () => streams.metrics(readingsOf(live, streams)),
    health: () => ({
      status: streams.problems.length === 0 ? 'ok' : 'failing',
      reasons: streams.problems,
      details: {
        state: streams.state,
        paused: streams.isPaused,
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
    config: () => live.report,
    topology: () => streams.topology.describe(),
    topologyJson: () => streams.topology.describe({ format: 'json' }),
    application: () => ({ runId: streams.runId, state: streams.state, threads: streams.threads }),
    panels: () => panels.show(),
    ...(page && { jobPage: readJobPage(page) }),
    ...(ingest && { ingest: ingest.sources }),
    state: {
      get stores() {
        return streams.queries.stores
      },
      ask: (query) => streams.queries.ask(query),
      peers: () => streams.peers(),
    },
    onError: (err, path) => warnings.warn({ err, path }, 'the server could not answer'),
  })
  const { url, close } = await started.catch(async (error: unknown) => {
    await ingest?.close()
    throw error
  })
  return { url, close: () => close().finally(() => ingest?.close()) }
}

/** What is running, and with which settings. */
function readingsOf(
  live: LiveConfig,
  { applicationId, runId, dataPath }: RunningStreams,
): Reading[] {
  const info = {
    client_id: live.current.streams.clientId ?? applicationId,
    version: versionOfPackage(),
    commit_id: '',
    run_id: runId,
    config_hash: configHash(live.current),
  }
  return [
    { name: 'kafka_stream_info', labels: info, value: 1 },
    ...(dataPath === undefined ? [] : [dataPathReading(dataPath)]),
    ...live.readings,
  ]
}

function dataPathReading({ path, reason = '' }: DataPathInfo): Reading {
  return { name: 'kafka_client_data_path_info', labels: { path, reason }, value: 1 }
}
