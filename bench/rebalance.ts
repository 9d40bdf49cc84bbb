// For how long results stand still while an instance comes and goes, on Kafka: of partitions that stay where they
// are, and of those that move: `BENCH_RUN=r1 node dist/bench/rebalance.js ADDRESS [rows a second] [key=value …]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBroker } from '../broker/open.ts'
import type { Broker, Producer } from '../broker/ports.ts'
import { partitionFor } from '../broker/partitioner.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { streamsConfig } from '../config/config.ts'
import { brokerOptions } from '../runtime/broker-options.ts'
import { runStreams } from '../runtime/run-streams.ts'
import { startJob, stopJob } from './counting-run.ts'
import { JOB, PARTITIONS, fill } from './kafka-state.ts'
import { keyCounts, keysIn } from './keyed-job.ts'

const KEYS = 400
const AT_MS = 1_700_000_000_000
const QUIET_MS = 8_000
const VALUE = Buffer.from('row')

const [address = '127.0.0.1:9092', rate = '2000', ...rest] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
const settingsOf = (name: string) => ({
  'bootstrap.servers': address,
  'application.id': `rebalance-${process.env['BENCH_RUN'] ?? 'bench'}`,
  'state.dir': join(directory, name),
  'num.stream.threads': '1',
  'topic.partitions': String(PARTITIONS),
  ...Object.fromEntries(rest.map((setting) => setting.split('=') as [string, string])),
})
const over = new AbortController()

/** The longest time without a result of each partition since `begin`, ms. */
class Gaps {
  #lastMs: number[] = []
  #longest: number[] = []

  begin(): void {
    this.#lastMs = Array.from({ length: PARTITIONS }, () => performance.now())
    this.#longest = this.#lastMs.map(() => 0)
  }

  heard(partition: number): void {
    const nowMs = performance.now()
    this.#longest[partition] = Math.max(this.#longest[partition]!, nowMs - this.#lastMs[partition]!)
    this.#lastMs[partition] = nowMs
  }

  longest(partitions: readonly number[]): number {
    for (const partition of partitions) this.heard(partition)
    return Math.round(Math.max(...partitions.map((partition) => this.#longest[partition]!)))
  }
}

async function feed(producer: Producer): Promise<void> {
  const keys = Array.from({ length: KEYS }, (_, i) => Buffer.from(`key-${i}`))
  const waiting = Array.from({ length: PARTITIONS }, () => new RecordBatchBuilder())
  const startedMs = performance.now()
  for (let sent = 0; !over.signal.aborted; await sleep(1)) {
    const due = ((performance.now() - startedMs) * Number(rate)) / 1_000
    for (; sent < due; sent++) {
      const key = keys[sent % KEYS]!
      waiting[partitionFor(key, PARTITIONS)]!.append(key, VALUE, AT_MS)
    }
    for (const [partition, rows] of waiting.entries()) {
      if (rows.count > 0) await producer.send({ topic: keysIn.name, partition }, rows)
    }
  }
  await producer.close()
}

async function listen(broker: Broker, partition: number, gaps: Gaps): Promise<void> {
  const reader = await broker.openReader({ topic: keyCounts.name, partition, offset: 0 })
  while (!over.signal.aborted) {
    if (((await reader.read(100))?.count ?? 0) > 0) gaps.heard(partition)
  }
  await reader.close()
}

const all = Array.from({ length: PARTITIONS }, (_, i) => i)
const broker = await openBroker(brokerOptions(streamsConfig(settingsOf('watch'))))
await fill(broker, 0, 0)
const streams = await runStreams(new URL(JOB, import.meta.url), streamsConfig(settingsOf('stays')))
const mine = (): number[] =>
  streams.threads.flatMap(({ tasks }) => tasks.map((task) => Number(task.split('_')[1])))
const has = async (count: number): Promise<void> => {
  while (mine().length !== count) await sleep(10)
}
try {
  const gaps = new Gaps()
  const work = [feed(await broker.openProducer()), ...all.map((p) => listen(broker, p, gaps))]
  await has(PARTITIONS)
  await sleep(QUIET_MS)
  gaps.begin()
  await sleep(QUIET_MS)
  const quiet = gaps.longest(all)
  gaps.begin()
  const other = await startJob(settingsOf('comes'), JOB)
  await has(PARTITIONS / 2)
  await sleep(QUIET_MS)
  const stay = mine()
  const move = all.filter((partition) => !stay.includes(partition))
  const comes = { stay: gaps.longest(stay), move: gaps.longest(move) }
  gaps.begin()
  await stopJob(other)
  await has(PARTITIONS)
  await sleep(QUIET_MS)
  const goes = { stay: gaps.longest(stay), move: gaps.longest(move) }
  console.log(JSON.stringify({ longestMs: { quiet, comes, goes } }))
  over.abort()
  await Promise.all(work)
  streams.stop()
  await streams.done
} finally {
  await broker.close()
  rmSync(directory, { recursive: true, force: true })
}
