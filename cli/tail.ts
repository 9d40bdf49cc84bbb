// `millrace tail`: prints the records of a topic as they come.
import { Command } from 'commander'
import {
  BrokerError,
  type Broker,
  type StandaloneReader,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../broker/ports.ts'
import { inContext } from './command.ts'
import type { CliContext } from './context.ts'
import { nearest } from '../config/nearest.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import { humanLine, jsonLine } from './record-text.ts'
import { readersOf } from './topic-serdes.ts'

interface TailOptions {
  readonly fromBeginning?: boolean
  readonly once?: boolean
  readonly json?: boolean
  readonly job?: string
}

type LineOf = (place: TopicPartition, batch: RecordBatch, row: number) => string

/** A partition to print, from `offset` to `end`. */
interface Span extends TopicPartitionOffset {
  readonly end: number
}

const READ_TIMEOUT_MS = 200
// A transaction's marker has an offset and no row: the last rows may end before the end.
const SILENCE_MAX_MS = 5_000

/** The command `tail TOPIC`. */
export function tailCommand(): Command {
  const command = new Command('tail')
    .description('print the records of a topic as they come, until Ctrl-C')
    .argument('<topic>', 'the topic, see: millrace topics')
    .option('--from-beginning', 'begin with the oldest records instead of the next ones')
    .option('--once', 'print what is there now, from the beginning, and stop')
    .option(
      '--json',
      'one JSON object a line: topic, partition, offset, timestamp, key, value, headers',
    )
    .option('--job <job>', 'read what is no text as this job does; else as jobs of the package')
    .addHelpText(
      'after',
      `
A key with a window, as aggregates have it, is shown as key@start; with --json it is an object,
{"key": …, "window_start": epoch ms}, and any other key is a text. Bytes that are no text, such as protobuf,
are shown as JSON where a job reads or writes the topic, and as base64 elsewhere.`,
    )
  return inContext<TailOptions>(command, (context, [topic = ''], options) =>
    tail(context, topic, options),
  )
}

async function tail(context: CliContext, topic: string, options: TailOptions): Promise<void> {
  const broker = await context.openBroker()
  const read = await readersOf(topic, options.job, context.config)
  const show = options.json === true ? jsonLine : humanLine
  const line: LineOf = (place, batch, row) => show(place, batch, row, read)
  const spans = await spansOf(broker, topic, options)
  if (spans.length > 0 && options.once !== true) {
    context.logger.info(`reading ${topic}, ${spans.length} partitions; Ctrl-C ends`)
  }
  await Promise.all(spans.map((span) => print(context, broker, span, line)))
}

async function spansOf(broker: Broker, topic: string, options: TailOptions): Promise<Span[]> {
  const partitions = await partitionsOf(broker, topic)
  const watermarks = await broker.watermarks(partitions)
  return partitions.map((partition, i) => {
    const { start, end } = watermarks[i] ?? { start: 0, end: 0 }
    const isFromBeginning = options.fromBeginning === true || options.once === true
    return {
      ...partition,
      offset: isFromBeginning ? start : end,
      end: options.once === true ? end : Infinity,
    }
  })
}

async function partitionsOf(broker: Broker, topic: string): Promise<TopicPartition[]> {
  const topics = await broker.topics()
  const found = topics.find(({ name }) => name === topic)
  if (found === undefined)
    throw missing(
      broker,
      topic,
      topics.map(({ name }) => name),
    )
  return Array.from({ length: found.partitions }, (_, partition) => ({ topic, partition }))
}

function missing(broker: Broker, topic: string, names: readonly string[]): BrokerError {
  const guess = nearest(topic, names)
  const hint = guess === undefined ? 'millrace topics lists them' : `did you mean ${guess}?`
  const message = `${broker.address} has no topic ${topic}: ${hint}`
  return new BrokerError('MILLRACE_TOPIC_MISSING', message)
}

async function print(context: CliContext, broker: Broker, span: Span, line: LineOf): Promise<void> {
  if (span.offset >= span.end) return
  const reader = await broker.openReader(span)
  try {
    await printAll(context, reader, span, line)
  } finally {
    await reader.close()
  }
}

async function printAll(
  context: CliContext,
  reader: StandaloneReader,
  span: Span,
  line: LineOf,
): Promise<void> {
  let next = span.offset
  let silentMs = 0
  while (next < span.end && !context.signal.aborted) {
    const batch = await reader.read(READ_TIMEOUT_MS)
    if (batch === undefined) {
      silentMs += READ_TIMEOUT_MS
      // What is left up to the end are marks of transactions.
      if (reader.position >= span.end) return
      if (span.end !== Infinity && silentMs >= SILENCE_MAX_MS) return
      continue
    }
    silentMs = 0
    const lines: string[] = []
    for (let row = 0; row < batch.count; row++) {
      const offset = batch.offsets[row] ?? Infinity
      if (offset < span.end) lines.push(line(span, batch, row))
      next = offset + 1
    }
    await context.write(lines.join(''))
  }
}
