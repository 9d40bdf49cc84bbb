// `millrace simulate transit`: trains, turnstiles and weather of Chicago into the topics of the job.
import { Argument, Command } from 'commander'
import { produceTransit } from '../data/transit/produce.ts'
import { CHICAGO } from '../data/transit/simulation.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'
import { decimal, whole } from './option-values.ts'
import { grouped, startProgress, summary } from './progress.ts'
import { FIRST_DAY, midnight } from './simulated-days.ts'
import { openTransitTopics } from './transit-topics.ts'

interface SimulateOptions {
  readonly seed: number
  readonly speed?: number
  readonly from: number
  readonly hours?: number
}

const HOUR_MS = 3_600_000

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

async function simulate(
  context: CliContext,
  { seed, speed, from, hours }: SimulateOptions,
): Promise<void> {
  const broker = await context.openBroker()
  const topics = await openTransitTopics(context, broker)
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
