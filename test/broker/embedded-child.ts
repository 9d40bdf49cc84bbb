// The processes of the embedded broker's tests: `produce`, `copy` and `hold`, started by fork. They
// tell their parent what is durable, and are killed without notice.
import { setTimeout as sleep } from 'node:timers/promises'
import { openEmbeddedBroker, openEmbeddedDataPort } from '../../broker/embedded/index.ts'
import type { PartitionReader } from '../../broker/ports.ts'
import { keyOf, valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { CheckpointStore } from '../../state/checkpoint-store.ts'

/** What a child tells its parent. */
export interface ChildReport {
  /** `ready`, or how many rows are durable. */
  readonly told: 'ready' | 'durable' | 'done' | 'failed'
  readonly rows: number
  readonly code?: string
}

const [mode = '', directory = '', name = '', count = '0'] = process.argv.slice(2)
const PARTITIONS = 2
const text = new TextEncoder()

function tell(told: ChildReport['told'], rows = 0, code?: string): void {
  process.send?.({ told, rows, ...(code === undefined ? {} : { code }) } satisfies ChildReport)
}

/** Sends rows whose values are the numbers of their partition, for ever or up to `count`. */
async function produce(): Promise<void> {
  const broker = await openEmbeddedBroker(directory)
  await broker.ensureTopics([{ name, partitions: PARTITIONS }])
  const producer = await broker.openProducer()
  const ends = await broker.watermarks(
    Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: name, partition })),
  )
  const rows = new RecordBatchBuilder()
  const limit = count === '0' ? Infinity : Number(count)
  for (let at = 0; at < limit; at += 100) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (let i = 0; i < 100; i++) {
        const value = `${(ends[partition]?.end ?? 0) + at + i}`
        rows.append(null, text.encode(value), Date.now())
      }
      await producer.send({ topic: name, partition }, rows)
    }
    if (at % 1_000 === 0) {
      await producer.flush()
      tell('durable', producer.delivered)
    }
  }
  await broker.close()
  tell('done', producer.delivered)
}

/** Copies `name` to `name-copy`, exactly once, as a task for each partition. */
async function copy(): Promise<void> {
  const broker = await openEmbeddedBroker(directory)
  await broker.ensureTopics([
    { name, partitions: PARTITIONS },
    { name: `${name}-copy`, partitions: PARTITIONS },
  ])
  const group = await broker.openGroup({ applicationId: 'copy', stateDir: directory })
  const channel = group.openChannel(0)
  if (channel.kind !== 'embedded') throw new Error('not an embedded channel')
  const port = openEmbeddedDataPort(channel)
  const tasks: { reader: PartitionReader; checkpoints: CheckpointStore }[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const checkpoints = new CheckpointStore(port.openState(`0_${partition}`), `0_${partition}`)
    const offset = checkpoints.load()?.positions[0]?.offset ?? 0
    tasks.push({ reader: port.openReader({ topic: name, partition, offset }), checkpoints })
  }
  tell('ready')
  for (;;) {
    const rows = copyOnce(tasks, port)
    if (rows > 0) tell('durable', rows)
    else await sleep(1)
  }
}

type Port = ReturnType<typeof openEmbeddedDataPort>

function copyOnce(
  tasks: readonly { reader: PartitionReader; checkpoints: CheckpointStore }[],
  port: Port,
): number {
  let count = 0
  const rows = new RecordBatchBuilder()
  for (const { reader } of tasks) {
    const batch = reader.poll()
    for (let row = 0; batch !== undefined && row < batch.count; row++) {
      rows.append(keyOf(batch, row), valueOf(batch, row), batch.timestamps[row] ?? 0)
    }
    count += rows.count
    port.produce({ topic: `${name}-copy`, partition: reader.partition }, rows)
  }
  if (count === 0) return 0
  port.commit(() => {
    for (const { reader, checkpoints } of tasks) {
      const { topic, partition, position } = reader
      const seen = { name: 'seen', bytes: text.encode(`${position};`), snapshot: false }
      checkpoints.save({ positions: [{ topic, partition, offset: position }], stores: [seen] })
    }
  })
  return count
}

/** Holds the lock of the application `name` until it is killed. */
async function hold(): Promise<void> {
  const broker = await openEmbeddedBroker(directory)
  await broker.openGroup({ applicationId: name, stateDir: directory })
  tell('ready')
  for (;;) await sleep(60_000)
}

const modes: Record<string, () => Promise<void>> = { produce, copy, hold }
process.on('disconnect', () => process.exit())
try {
  await modes[mode]?.()
} catch (error) {
  tell('failed', 0, error instanceof Error && 'code' in error ? String(error.code) : String(error))
}
process.disconnect()
