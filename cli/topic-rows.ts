// Reads a topic once, from its oldest row to what is its end now. Used by the report of the demo.
import type { Broker, TopicPartitionOffset } from '../broker/ports.ts'
import type { RecordBatch } from '../broker/record-batch.ts'

const READ_TIMEOUT_MS = 200
// A transaction's marker has an offset and no row: the last rows may end before the end.
const SILENCE_MAX_MS = 5_000

/** How many rows a topic has; 0 where there is none. @throws BrokerError */
export async function countRows(broker: Broker, topic: string): Promise<number> {
  const spans = await spansOf(broker, topic)
  return spans.reduce((sum, { offset, end }) => sum + end - offset, 0)
}

/**
 * Visits every row that a topic has now, one partition after the other, in the order of offsets. A
 * batch lives until `visit` returns. Ends early when `signal` is aborted.
 * @throws BrokerError
 */
export async function visitRows(
  broker: Broker,
  topic: string,
  signal: AbortSignal,
  visit: (batch: RecordBatch, row: number) => void,
): Promise<void> {
  for (const span of await spansOf(broker, topic)) {
    if (span.offset >= span.end) continue
    const reader = await broker.openReader(span)
    try {
      let next = span.offset
      let silentMs = 0
      while (next < span.end && silentMs < SILENCE_MAX_MS && !signal.aborted) {
        const batch = await reader.read(READ_TIMEOUT_MS)
        silentMs = batch === undefined ? silentMs + READ_TIMEOUT_MS : 0
        for (let row = 0; batch !== undefined && row < batch.count && next < span.end; row++) {
          visit(batch, row)
          next = batch.offsets[row]! + 1
        }
      }
    } finally {
      await reader.close()
    }
  }
}

interface Span extends TopicPartitionOffset {
  readonly end: number
}

async function spansOf(broker: Broker, topic: string): Promise<Span[]> {
  const { partitions = 0 } = (await broker.topics()).find(({ name }) => name === topic) ?? {}
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  const marks = await broker.watermarks(all)
  return all.map((of, i) => ({ ...of, offset: marks[i]?.start ?? 0, end: marks[i]?.end ?? 0 }))
}
