// `millrace replay`: brings a file of calls into a topic, in order of time.
import { Command } from 'commander'
import type { ReplayConfig } from '../config/config.ts'
import { newestEventTime } from '../data/newest-event-time.ts'
import { LivePace, type Pace } from '../data/pace.ts'
import { refuseCombinations, replay } from '../data/replay.ts'
import type { ReplayProgress, ReplayResult } from '../data/replay.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'
import { LiveConfig } from './live-config.ts'
import { grouped, startProgress, summary } from './progress.ts'
import { topicPartitions } from './topic-partitions.ts'

interface ReplayOptions {
  readonly set?: readonly string[]
  readonly key: string
  readonly time: string
  readonly continue?: boolean
}

/** Options that stand for keys of replay.properties. */
const FLAGS = ['topic', 'order', 'rate', 'speed', 'repeat', 'zone', 'strict', 'limit'] as const

/** The command `replay [FILE]`. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description('bring a file of JSON objects into a topic; defaults in replay.properties')
    .argument('[file]', 'an array of objects or one object a line, gzipped or not')
    .option('--topic <topic>', 'topic to write to; made when missing')
    .option('--order <order>', 'event-time: oldest first; file: as they lie there')
    .option('--rate <n>', 'rows per second instead of as fast as possible')
    .option('--speed <x>', 'so many times faster than the rows came about')
    .option(
      '--repeat',
      'begin anew at its end, for ever, with later dates; needs a rate or a speed',
    )
    .option('--continue', 'begin after the newest event time in the last rows of the topic')
    .option('--zone <zone>', 'IANA zone of times without one')
    .option('--strict', 'stop at the first row that makes no record, instead of skipping it')
    .option('--limit <n>', 'stop after so many rows')
    .option('--key <field>', "field that becomes the record's key", 'crime_id')
    .option('--time <field>', 'field with the event time', 'call_date_time')
  // A flag is a setting by another name: checked where all settings are.
  command.hook('preAction', () => {
    const flags = command.opts<Record<string, string | true>>()
    if (flags['rate'] !== undefined && flags['speed'] !== undefined) {
      throw new UsageError('--rate and --speed say two things: give one of them')
    }
    const before = command.opts<ReplayOptions>().set ?? []
    command.setOptionValue('set', [...settingsOf(flags), ...before])
  })
  return inContext<ReplayOptions>(command, (context, [file], options) =>
    run(context, file, options),
  )
}

function settingsOf(flags: Readonly<Record<string, string | true>>): string[] {
  const settings = FLAGS.flatMap((flag) => {
    const value = flags[flag]
    return value === undefined ? [] : [`replay.${flag}=${String(value)}`]
  })
  // A pace on the command line replaces the other kind of pace in the file.
  if (flags['rate'] !== undefined) settings.push('replay.speed=')
  if (flags['speed'] !== undefined) settings.push('replay.rate=')
  return settings
}

async function run(
  context: CliContext,
  given: string | undefined,
  { key, time, continue: continues }: ReplayOptions,
): Promise<void> {
  const config = context.config.replay
  const file = given ?? config.file
  if (file === undefined) throw new UsageError('name a file to replay, or set replay.file')
  const broker = await context.openBroker()
  const partitions = await topicPartitions(broker, config.topic, context.config.streams)
  const afterMs =
    continues === true
      ? await newestEventTime(broker, config.topic, { timeField: time, zone: config.zone })
      : undefined
  const producer = await broker.openProducer()
  const progress = startProgress()
  const startMs = performance.now()
  const pace = new LivePace(paceOf(config))
  const live = new LiveConfig(context)
  live.follow(({ replay: next }) => {
    refuseCombinations({ ...config, pace: paceOf(next), afterMs })
    pace.change(paceOf(next))
  })
  try {
    const result = await replay({
      file,
      producer,
      topic: config.topic,
      partitions,
      order: config.order,
      pace,
      repeat: config.repeat,
      afterMs,
      zone: config.zone,
      keyField: key,
      timeField: time,
      strict: config.strict,
      limit: config.limit,
      sortMemoryBytes: config.sortMemoryBytes,
      signal: context.signal,
      onProgress: (at) => {
        const phase = config.repeat && at.phase === 'sending' ? `round ${at.round + 1}` : at.phase
        progress.update(phase, at.done, progressText(at, startMs))
      },
    })
    progress.stop()
    const wasCut = result.aborted && !config.repeat
    await report(context, { ...result, aborted: wasCut }, `${config.topic} on ${broker.address}`)
  } catch (error) {
    progress.stop()
    // Whoever starts anew must know what is there already.
    if (producer.delivered > 0) {
      process.stderr.write(`delivered ${grouped(producer.delivered)} rows before this error:\n`)
    }
    throw error
  } finally {
    live.close()
    await producer.close()
  }
  // Only a signal ends what repeats, so that nothing was cut short.
  if (!config.repeat) context.signal.throwIfAborted()
}

function paceOf({ rate, speed }: ReplayConfig): Pace {
  if (rate !== undefined) return { kind: 'rate', rowsPerSecond: rate }
  return speed === undefined ? { kind: 'fastest' } : { kind: 'speed', factor: speed }
}

function progressText({ phase, delivered, skipped }: ReplayProgress, startMs: number): string {
  const broken = skipped > 0 ? `, ${grouped(skipped)} skipped` : ''
  if (phase === 'reading') return `sorting by time${broken}`
  const rate = (delivered * 1_000) / (performance.now() - startMs)
  return `${grouped(delivered)} delivered, ${grouped(rate)} rows/s${broken}`
}

async function report(context: CliContext, result: ReplayResult, where: string): Promise<void> {
  const { delivered, skipped, named, elapsedMs, aborted } = result
  for (const place of named) process.stderr.write(`skipped ${place}\n`)
  if (skipped > named.length) {
    process.stderr.write(`skipped ${grouped(skipped - named.length)} more\n`)
  }
  const line = `delivered ${summary(delivered, elapsedMs)} to ${where}, ${grouped(skipped)} skipped`
  await context.write(`${aborted ? 'interrupted: ' : ''}${line}\n`)
}
