// How long until another instance runs the tasks of one that is killed or closed, on Kafka, with and without
// copies of its state: `BENCH_RUN=t1 node dist/bench/takeover.js ADDRESS MB [kill|close] [copies]`.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBroker } from '../broker/open.ts'
import { streamsConfig } from '../config/config.ts'
import { runStreams } from '../runtime/run-streams.ts'
import { startJob, stopJob } from './counting-run.ts'
import { keyCounts } from './keyed-job.ts'
import { fill, JOB, PARTITIONS, recordsIn, total } from './kafka-state.ts'

const KEY_BYTES = 1_000
const SESSION_MS = 6_000
const [address = '127.0.0.1:9092', megabytes = '10', how = 'kill', copies = '0'] =
  process.argv.slice(2)
const keys = (Number(megabytes) * 1_000_000) / KEY_BYTES
const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
const settingsOf = (name: string) => ({
  'bootstrap.servers': address,
  'application.id': `takeover-${process.env['BENCH_RUN'] ?? 'bench'}`,
  'state.dir': join(directory, name),
  'num.stream.threads': '1',
  'topic.partitions': String(PARTITIONS),
  'num.standby.replicas': copies,
  'consumer.session.timeout.ms': String(SESSION_MS),
})
const broker = await openBroker({ kind: 'kafka', bootstrapServers: address, clientId: 'bench' })
const phase = (text: string): void =>
  console.error(`${Math.round(performance.now() / 1_000)} s ${text}`)
try {
  const streams = await runStreams(
    new URL(JOB, import.meta.url),
    streamsConfig(settingsOf('survivor')),
  )
  const of = (kind: string): number => total(streams, 'kafka_stream_tasks', kind)
  const victim = await startJob(settingsOf('victim'), JOB)
  while (of('active') !== PARTITIONS / 2) await sleep(20)
  phase('both run')
  await fill(broker, keys, KEY_BYTES)
  phase('filled')
  while ((await recordsIn(broker, keyCounts.name)) < keys) await sleep(200)
  phase('counted')
  const lag = (): number => total(streams, 'kafka_stream_task_standby_lag_records')
  // The last commits, and who keeps copies what they have written.
  await sleep(3_000)
  while (copies !== '0' && (of('standby') === 0 || lag() > 0)) await sleep(100)
  phase('copied')
  const before = total(streams, 'kafka_stream_task_restored_records_total')
  const startedMs = performance.now()
  if (how === 'kill') {
    victim.kill('SIGKILL')
    await once(victim, 'exit')
  } else void stopJob(victim)
  while (of('active') < PARTITIONS) await sleep(2)
  const seconds = (performance.now() - startedMs) / 1_000
  const restored = total(streams, 'kafka_stream_task_restored_records_total') - before
  console.log(
    JSON.stringify({
      megabytes,
      how,
      copies,
      seconds: Number(seconds.toFixed(2)),
      restored,
    }),
  )
  streams.stop()
  await streams.done
} finally {
  await broker.close()
  rmSync(directory, { recursive: true, force: true })
}
