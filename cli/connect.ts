// `millrace connect FILE`: reads tables of a database into topics until it is stopped.
import { Command } from 'commander'
import { isSourceKey, loadSource, type SourceConfig } from '../config/source.ts'
import { runPostgresSource } from '../connect/postgres/source.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { summary } from './progress.ts'
import { SourceLog } from './source-log.ts'
import { topicPartitions } from './topic-partitions.ts'

interface ConnectOptions {
  readonly set?: readonly string[]
  readonly once?: boolean
}

/** The command `connect FILE`. */
export function connectCommand(): Command {
  const command = new Command('connect')
    .description('read tables of a PostgreSQL database into topics, as the file of a source says')
    .argument('<file>', 'a source: *.properties with the keys of the JDBC source connector')
    .option('--once', 'stop when all tables were read once, instead of looking for more')
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
  return inContext<ConnectOptions>(command, (context, [file], { once = false }) =>
    connect(context, loadSource({ file: file!, overrides }), once),
  )
}

async function connect(context: CliContext, config: SourceConfig, once: boolean): Promise<void> {
  const { streams } = context.config
  const broker = await context.openBroker()
  const startMs = performance.now()
  const log = new SourceLog(context.logger, config, streams.logSummaryIntervalMs)
  try {
    const rows = await runPostgresSource({
      config,
      broker,
      partitionsOf: (topic) => topicPartitions(broker, topic, streams),
      commitIntervalMs: streams.commitIntervalMs,
      signal: context.signal,
      once,
      ...log.events,
    })
    await context.write(
      `delivered ${summary(rows, performance.now() - startMs)} to ${broker.address}\n`,
    )
  } finally {
    log.close()
  }
  if (once) context.signal.throwIfAborted()
}
