// How fast the state of a job is restored from its changelog on Kafka:
// `BENCH_RUN=r1 node dist/bench/restore.js ADDRESS [keys] [bytes of a key]`, with `again` behind it once more
// what a run of that name has left, with `memory` into memory alone (state.store=memory), and with `table` counts
// without windows, which are kept as tables are.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBroker } from '../broker/open.ts'
import { streamsConfig } from '../config/config.ts'
import { runStreams } from '../runtime/run-streams.ts'
import { runToEnd } from './counting-run.ts'
import { STORE } from './keyed-job.ts'
import { fill, JOB, PARTITIONS, recordsIn, TABLE_JOB, total } from './kafka-state.ts'

/** Of the same ones, counted once more. */
const MORE_KEYS = 1_000
/** To read all metrics takes a part of a millisecond, on a processor that restores. */
const LOOK_MS = 5
const [address = '127.0.0.1:9092', keys = '1000000', keyBytes = '20', ...ways] =
  process.argv.slice(2)
const job = ways.includes('table') ? TABLE_JOB : JOB
const store = ways.includes('memory') ? 'memory' : 'lmdb'
const applicationId = `restore-${process.env['BENCH_RUN'] ?? 'bench'}`
const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
const settings = {
  'bootstrap.servers': address,
  'application.id': applicationId,
  'state.dir': directory,
  'state.store': store,
  'num.stream.threads': '2',
  'topic.partitions': String(PARTITIONS),
}
const broker = await openBroker({ kind: 'kafka', bootstrapServers: address, clientId: 'bench' })
try {
  if (!ways.includes('again')) {
    await fill(broker, Number(keys), Number(keyBytes))
    await runToEnd(settings, job)
    // A job that goes on: its group knows from where the changelogs have its stores whole.
    await fill(broker, MORE_KEYS, Number(keyBytes))
    await runToEnd(settings, job)
  }
  const records = await recordsIn(broker, `${applicationId}-${STORE}-changelog`)
  rmSync(directory, { recursive: true, force: true })
  const streams = await runStreams(new URL(job, import.meta.url), streamsConfig(settings))
  const of = (kind: string): number => total(streams, 'kafka_stream_tasks', kind)
  while (of('restoring') === 0) await sleep(LOOK_MS)
  const startedMs = performance.now()
  const startedCpu = process.cpuUsage()
  while (of('active') < PARTITIONS) await sleep(LOOK_MS)
  const seconds = (performance.now() - startedMs) / 1_000
  const { user, system } = process.cpuUsage(startedCpu)
  while (total(streams, 'kafka_stream_state_keys') < Number(keys)) await sleep(1)
  const bytes = total(streams, 'kafka_stream_state_size_bytes')
  const read = total(streams, 'kafka_stream_task_restored_records_total')
  streams.stop()
  await streams.done
  const figures = {
    store,
    entries: Number(keys),
    ...{ records, read },
    memory_mb: Math.round(bytes / 1e6),
    seconds: Number(seconds.toFixed(2)),
    entries_per_s: Math.round(Number(keys) / seconds),
    cpu_us_per_entry: Number(((user + system) / Number(keys)).toFixed(2)),
  }
  console.log(JSON.stringify(figures))
} finally {
  await broker.close()
  rmSync(directory, { recursive: true, force: true })
}
