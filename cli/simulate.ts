// `millrace simulate transit`: trains, turnstiles and weather of Chicago into the topics of the job.
import { Argument, Command, InvalidArgumentError } from 'commander'
import type { Broker } from '../broker/ports.ts'
import { produceTransit, type EventTopic } from '../data/transit/produce.ts'
import { CHICAGO } from '../data/transit/simulation.ts'
import { arrivals, entries, weather } from '../jobs/transit/topics.ts'
import { resolveFormat } from '../runtime/plan.ts'
import type { Topic } from '../topology/topic.ts'
import { zoneOffsets } from '../topology/time/zoned-time.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'
import { decimal, whole } from './option-values.ts'
import { grouped, startProgress, summary } from './progress.ts'
import { topicPartitions } from './topic-partitions.ts'

interface SimulateOptions {
  readonly seed: number
  readonly speed?: number
  readonly from: number
  readonly hours?: number
}

const HOUR_MS = 3_600_000
/** The month that the City's figures are of begins with a Monday. */
const FIRST_DAY = '2018-10-01'

/** The command `simulate transit`. */
export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description("produce what a city's sensors would, to the topics of a job")
    .addArgument(new Argument('<what>', 'what to simulate').choices(['transit']))
    .option(
      '--speed <x>',
      'so many times faster than life; as fast as possible when left out',
      decimal,
    )
    .option('--seed <n>', 'same seed: same events', whole(0), 1)
    .option(
      '--from <date>',
      'day to begin with, at midnight in Chicago',
      midnight,
      midnight(FIRST_DAY),
    )
    .option('--hours <n>', 'simulated hours, without end when left out', decimal)
  command.hook('preAction', () => refuseEndless(command.opts<SimulateOptions>()))
  return inContext<SimulateOptions>(command, (context, _arguments, options) =>
    simulate(context, options),
  )
}

function refuseEndless({ speed, hours }: SimulateOptions): void {
  if (speed !== undefined || hours !== undefined) return
  throw new UsageError(
    'without end and as fast as possible would fill the disk: give --hours or --speed',
  )
}

/** Midnight of a day in Chicago, epoch ms. @throws InvalidArgumentError */
function midnight(date: string): number {
  const localMs = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : NaN
  if (Number.isNaN(localMs)) throw new InvalidArgumentError('it is not a day like 2018-10-01')
  return zoneOffsets(CHICAGO).toEpochMs(localMs)
}

async function simulate(
  context: CliContext,
  { seed, speed, from, hours }: SimulateOptions,
): Promise<void> {
  const broker = await context.openBroker()
  const topics = {
    arrival: await eventTopic(context, broker, arrivals),
    entry: await eventTopic(context, broker, entries),
    weather: await eventTopic(context, broker, weather),
  }
  const producer = await broker.openProducer()
  const progress = startProgress()
  const startMs = performance.now()
  const spanMs = (hours ?? Infinity) * HOUR_MS
  try {
    const sent = await produceTransit({
      seed,
      fromMs: from,
      untilMs: from + spanMs,
      producer,
      topics,
      pace: speed === undefined ? { kind: 'fastest' } : { kind: 'speed', factor: speed },
      signal: context.signal,
      onProgress: (timeMs, count) => {
        const at = new Date(timeMs).toLocaleString('sv', { timeZone: CHICAGO })
        progress.update('simulating', (timeMs - from) / spanMs, `${at}, ${grouped(count)} events`)
      },
    })
    progress.stop()
    const line = summary(sent, performance.now() - startMs)
    await context.write(`delivered ${line} to ${broker.address}\n`)
  } finally {
    progress.stop()
    await producer.close()
  }
  if (hours !== undefined) context.signal.throwIfAborted()
}

async function eventTopic<T>(
  context: CliContext,
  broker: Broker,
  topic: Topic<string, T>,
): Promise<EventTopic<T>> {
  const { streams } = context.config
  const partitions = await topicPartitions(broker, topic.name, streams)
  const { value } = resolveFormat(topic, streams.topicFormats)
  return { topic: topic.name, partitions, value: value as unknown as EventTopic<T>['value'] }
}
