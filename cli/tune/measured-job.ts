// The process of one run, forked by measured-run.ts: the job alone, over a backlog to its end and then over rows
// that come live. Its figures go to the parent as messages.
import { loadConfig, type StreamsConfig } from '../../config/config.ts'
import type { MetricFamily } from '../../runtime/metrics/snapshot.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import type { Topology } from '../../topology/topology.ts'
import { Latencies } from './latencies.ts'
import type { RunFigures } from './results.ts'

/** What a run needs to know; the first argument of the process, as JSON. */
export interface MeasuredJob {
  readonly jobUrl: string
  readonly directory: string | undefined
  readonly overrides: Readonly<Record<string, string>>
  readonly isLive: boolean
}

/** From the parent: count from now on; or, that was all. */
export type ToJob = 'measure' | 'stop'

/** To the parent: rows may come now; or, what the run came to. */
export type FromJob =
  { readonly kind: 'reads' } | { readonly kind: 'figures'; readonly figures: RunFigures }

const LOOK_MS = 20
const FIRST_LOOK_MS = 5

async function measure({ jobUrl, directory, overrides, isLive }: MeasuredJob): Promise<void> {
  const { streams: config } = loadConfig({ directory, overrides })
  const backlog = await overBacklog(new URL(jobUrl), config)
  const live = isLive ? await overLiveRows(new URL(jobUrl), config) : {}
  tell({ kind: 'figures', figures: { ...backlog, ...live } })
}

/** To the end of what is there. */
async function overBacklog(jobUrl: URL, config: StreamsConfig): Promise<RunFigures> {
  let rows = 0
  let [firstMs, lastMs] = [NaN, NaN]
  let [firstCpu, lastCpu] = [process.cpuUsage(), process.cpuUsage()]
  const streams = await runStreams(jobUrl, config, {
    once: true,
    onProgress({ numInputRows, sink }) {
      if (numInputRows + sink.numOutputRows === 0) return
      rows += numInputRows
      lastMs = performance.now()
      lastCpu = process.cpuUsage()
    },
  })
  const timer = setInterval(() => {
    if (processedBy(streams) === 0) return
    firstMs = performance.now()
    firstCpu = process.cpuUsage()
    clearInterval(timer)
  }, FIRST_LOOK_MS)
  await streams.done.finally(() => clearInterval(timer))
  const micros = lastCpu.user + lastCpu.system - firstCpu.user - firstCpu.system
  return {
    rowsPerSecond: Math.round((rows * 1_000) / (lastMs - firstMs)),
    cpuMicrosPerRow: Number((micros / rows).toFixed(3)),
  }
}

/** While the parent sends rows: from its word to count until its word to stop. */
async function overLiveRows(
  jobUrl: URL,
  config: StreamsConfig,
): Promise<Pick<RunFigures, 'p50Ms' | 'p99Ms'>> {
  let onCommit = (): void => undefined
  const streams = await runStreams(jobUrl, config, { onProgress: () => onCommit() })
  const counted = new Latencies(sinksOf(streams.topology), isReadAtCommit(config))
  const look = (): void => counted.look(streams.metrics(), Date.now())
  onCommit = () => {
    look()
    counted.committed(Date.now())
  }
  const timer = setInterval(look, LOOK_MS)
  process.on('message', (word: ToJob) => {
    if (word === 'measure') counted.clear()
    else streams.stop()
  })
  const running = setInterval(() => {
    if (streams.state !== 'RUNNING') return
    clearInterval(running)
    tell({ kind: 'reads' })
  }, FIRST_LOOK_MS)
  await streams.done.finally(() => {
    clearInterval(timer)
    clearInterval(running)
  })
  const [p50Ms, p99Ms] = [0.5, 0.99].map((share) => Number(counted.quantile(share).toFixed(1)))
  return counted.count === 0 ? {} : { p50Ms: p50Ms!, p99Ms: p99Ms! }
}

function processedBy(streams: RunningStreams): number {
  return sumOf(streams.metrics(), 'kafka_stream_task_process_total')
}

function sumOf(families: readonly MetricFamily[], name: string): number {
  const samples = families.find((family) => family.name === name)?.samples ?? []
  return samples.reduce((sum, { value }) => sum + value, 0)
}

function sinksOf({ subtopologies }: Topology): string[] {
  return subtopologies
    .flatMap(({ nodes }) => nodes)
    .filter(({ kind }) => kind === 'sink' || kind === 'dynamic-sink')
    .map(({ name }) => name)
}

function isReadAtCommit({ bootstrapServers, processingGuarantee }: StreamsConfig): boolean {
  return bootstrapServers.kind === 'embedded' || processingGuarantee === 'exactly_once_v2'
}

function tell(message: FromJob): void {
  process.send?.(message)
}

// A parent that is gone wants no figures any more.
process.on('disconnect', () => process.exit(1))
await measure(JSON.parse(process.argv[2] ?? '{}') as MeasuredJob)
process.disconnect()
