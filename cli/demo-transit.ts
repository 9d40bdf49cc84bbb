// `millrace demo transit`, which is `npm run transit`: the trains of a simulated Chicago on a page that moves,
// from nothing. What is there already is not made again: a second run goes on where the first one ended.
import { produceTransit } from '../data/transit/produce.ts'
import { simulatedBefore } from '../data/transit/resume.ts'
import type { Broker } from '../broker/ports.ts'
import type { CliContext } from './context.ts'
import { checkServerPort, openJobContext } from './demo-job.ts'
import { readStations } from './demo-stations.ts'
import { loadJob } from './job.ts'
import { grouped } from './progress.ts'
import { startJob } from './run-job.ts'
import { FIRST_DAY, midnight } from './simulated-days.ts'
import { startStatusLine, type StatusLine } from './status-line.ts'
import { openTransitTopics } from './transit-topics.ts'

const SEED = 1

/**
 * Shows the trains until `context.signal` is aborted.
 * @param speed how many times faster than life.
 * @throws UsageError, BrokerError, and what makes the job fail.
 */
export async function demoTransit(context: CliContext, speed: number): Promise<void> {
  const job = await loadJob('transit')
  await checkServerPort(context, 'npm run transit')
  const broker = await context.openBroker()
  await openTransitTopics(context, broker)
  const jobContext = await openJobContext(context)
  const status = startStatusLine()
  try {
    const running = await startJob(jobContext, job, { once: false })
    const { url } = running
    const pages = url === undefined ? '' : `Page:    ${url}/job/\nJob:     ${url}/\n`
    await context.write(`${pages}Live:    ${speed} times faster than life, Ctrl-C ends\n`)
    // Whichever ends first, by a failure or by Ctrl-C, ends the other one.
    const ended = new AbortController()
    const signal = AbortSignal.any([context.signal, ended.signal])
    const simulating = simulate({ ...context, signal }, broker, speed, status)
    const [sent] = await Promise.all([
      simulating.finally(() => running.streams.stop()),
      running.done.finally(() => ended.abort()),
      // The page is there before the stations are: whatever comes to one of them waits for it.
      readStations({ ...context, signal }, broker),
    ])
    status.stop()
    await context.write(
      `Stopped after ${grouped(sent)} events; the next start goes on from here.\n`,
    )
  } finally {
    status.stop()
    await jobContext.close()
  }
}

async function simulate(
  context: CliContext,
  broker: Broker,
  speed: number,
  status: StatusLine,
): Promise<number> {
  const topics = await openTransitTopics(context, broker)
  const after = await simulatedBefore(broker, topics)
  const producer = await broker.openProducer()
  try {
    return await produceTransit({
      seed: SEED,
      fromMs: midnight(FIRST_DAY),
      ...(after && { after }),
      producer,
      topics,
      pace: { kind: 'speed', factor: speed },
      signal: context.signal,
      onProgress: (_timeMs, sent) => status.update(`live: ${grouped(sent)} events`),
    })
  } finally {
    await producer.close()
  }
}
