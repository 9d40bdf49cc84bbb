// The stations of `millrace demo transit`: out of a PostgreSQL database, as a city would have them. The database
// is PGlite in a process of its own, which takes its memory with it; without PGlite rows are written as they are.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { partitionFor } from '../broker/partitioner.ts'
import type { Broker } from '../broker/ports.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { packageRoot } from '../config/package-root.ts'
import { hasPGlite } from '../connect/postgres/pglite.ts'
import { readStops } from '../data/transit/lines.ts'
import { stops } from '../jobs/transit/topics.ts'
import type { CliContext } from './context.ts'
import { topicPartitions } from './topic-partitions.ts'
import { countRows } from './topic-rows.ts'

const MAIN = fileURLToPath(new URL('./main.cjs', import.meta.url))
const ERROR_CHARACTERS_MAX = 500

/**
 * Reads the City's table into its topic, unless rows are there. It may go on beside the job: what happens at a
 * station waits for it.
 * @throws BrokerError
 */
export async function readStations(context: CliContext, broker: Broker): Promise<void> {
  await topicPartitions(broker, stops.name, context.config.streams)
  if ((await countRows(broker, stops.name)) > 0) return
  if (hasPGlite()) {
    const problem = await connectStations(context)
    if (problem === undefined || context.signal.aborted) return
    context.logger.warn(
      { problem },
      'the stations could not be read from PGlite: written as they are',
    )
  }
  await writeStations(context, broker)
}

/** `millrace connect` with the file that users have for a server. @returns what went wrong */
async function connectStations({ configSource, signal }: CliContext): Promise<string | undefined> {
  if (signal.aborted) return undefined
  const { directory, overrides = {} } = configSource
  const script = join(packageRoot(), 'data', 'transit', 'stations.sql')
  const settings = {
    ...overrides,
    'connection.url': `pglite:?script=${encodeURIComponent(script)}`,
  }
  const args = [
    ...['connect', join(packageRoot(), 'jobs', 'transit', 'stations.properties'), '--once'],
    ...(directory === undefined ? [] : ['--config', directory]),
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${String(value)}`]),
  ]
  // PGlite asks for no password, and the file names one for servers.
  const env = { ...process.env, CTA_PASSWORD: '' }
  const child = spawn(process.execPath, [MAIN, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const stop = (): void => void child.kill()
  signal.addEventListener('abort', stop)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-ERROR_CHARACTERS_MAX)
  })
  try {
    return await new Promise((resolve) => {
      child.on('error', ({ message }) => resolve(message))
      child.on('close', (code) => resolve(code === 0 ? undefined : said.trim()))
    })
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function writeStations(context: CliContext, broker: Broker): Promise<void> {
  const { name: topic } = stops
  const partitions = await topicPartitions(broker, topic, context.config.streams)
  const builders = Array.from({ length: partitions }, () => new RecordBatchBuilder())
  const encoder = new TextEncoder()
  for (const row of readStops()) {
    const key = encoder.encode(String(row.stop_id))
    const value = encoder.encode(JSON.stringify(row))
    builders[partitionFor(key, partitions)]!.append(key, value, Date.now())
  }
  const producer = await broker.openProducer()
  try {
    for (const [partition, rows] of builders.entries()) {
      if (rows.count > 0) await producer.send({ topic, partition }, rows)
    }
    await producer.flush()
  } finally {
    await producer.close()
  }
}
