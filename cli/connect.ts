// `millrace connect FILE`: reads tables of a database into topics until it is stopped.
import { Command } from 'commander'
import { isSourceKey, loadSource, type SourceConfig } from '../config/source.ts'
import { runPostgresSource, type SourceEvents } from '../connect/postgres/source.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { whole } from './option-values.ts'
import { summary } from './progress.ts'

import { SourceLog } from './source-log.ts'
import { SourceMetrics } from './source-metrics.ts'
import { topicPartitions } from './topic-partitions.ts'

interface ConnectOptions {
  readonly set?: readonly string[]
  readonly once?: boolean
  readonly metrics?: number
}

/** The command `connect FILE`. */
export function connectCommand(): Command {
  const command = new Command('connect')
    .description('read tables of a PostgreSQL database into topics, as the file of a source says')
    .argument('<file>', 'a source: *.properties with the keys of the JDBC source connector')
    .option('--once', 'stop when all tables were read once, instead of looking for more')
    .option('--metrics <port>', 'serve /metrics and /healthz there, on server.host', whole(0))
  let overrides: Readonly<Record<string, string>> = {}
  // One `--set` for both: a key belongs to the source, or to the files of --config.
  command.hook('preAction', () => {
    const set = command.opts<ConnectOptions>().set ?? []
    const keyOf = (setting: string): string => setting.split('=', 1)[0]!.trim()
    const ofSource = set.filter((setting) => isSourceKey(keyOf(setting)))
    overrides = Object.fromEntries(
      ofSource.map((setting) => [keyOf(setting), setting.slice(setting.indexOf('=') + 1)]),
    )
    command.setOptionValue(
      'set',
      set.filter((setting) => !ofSource.includes(setting)),
    )
  })
  return inContext<ConnectOptions>(command, (context, [file], options) =>
    connect(context, loadSource({ file: file!, overrides }), options),
  )
}

async function connect(
  context: CliContext,
  config: SourceConfig,
  { once = false, metrics: port }: ConnectOptions,
): Promise<void> {
  const { streams } = context.config
  const broker = await context.openBroker()
  const startMs = performance.now()
  const metrics = new SourceMetrics(config)
  const server =
    port === undefined ? undefined : await metrics.serve(context.config.server.host, port)
  if (server !== undefined) context.logger.info({ url: server.url }, 'serving /metrics, /healthz')
  const log = new SourceLog(context.logger, config, streams.logSummaryIntervalMs)
  try {
    const rows = await runPostgresSource({
      config,
      broker,
      partitionsOf: (topic) => topicPartitions(broker, topic, streams),
      commitIntervalMs: streams.commitIntervalMs,
      signal: context.signal,
      once,
      ...bothOf(log.events, metrics.events),
    })
    await context.write(
      `delivered ${summary(rows, performance.now() - startMs)} to ${broker.address}\n`,
    )
  } finally {
    log.close()
    server?.close()
  }
  if (once) context.signal.throwIfAborted()
}

/** Tells both of everything. */
function bothOf(one: SourceEvents, other: SourceEvents): SourceEvents {
  return {
    onConnected: (...told) => [one, other].forEach((each) => each.onConnected?.(...told)),
    onCommitted: (...told) => [one, other].forEach((each) => each.onCommitted?.(...told)),
    onLeft: (...told) => [one, other].forEach((each) => each.onLeft?.(...told)),
    onPolled: () => [one, other].forEach((each) => each.onPolled?.()),
    onRetry: (...told) => [one, other].forEach((each) => each.onRetry?.(...told)),
    onWaiting: (...told) => [one, other].forEach((each) => each.onWaiting?.(...told)),
  }
}
