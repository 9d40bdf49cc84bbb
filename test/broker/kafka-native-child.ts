// A process whose worker is ended in the middle of its work, or which ends itself then. It says `left`
// when all went well up to there, and its exit code says the rest.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { openKafkaBroker } from '../../broker/kafka.ts'
import { fresh, send, withTopic } from './contract-member.ts'
import type { WorkerOrder } from './kafka-native-worker.ts'

const [bootstrapServers = '', work = '', ending = '', momentMs = '0'] = process.argv.slice(2)
const ROWS = 50_000

const broker = await openKafkaBroker({ bootstrapServers, clientId: 'child' })
const topic = await withTopic(broker)
const partition = { topic, partition: 0 }
await send(broker, partition, ROWS)
const group = await broker.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
const spec = group.openChannel(0)
if (spec.kind !== 'kafka-native') throw new Error(`the other path: ${group.dataPath?.reason}`)
const script = new URL(
  `./kafka-native-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
)
const order: WorkerOrder = { spec, partition, work: work as WorkerOrder['work'] }
const worker = new Worker(script, { workerData: order, transferList: [spec.port] })
worker.on('error', (error) => {
  console.error(error)
  process.exit(3)
})
const ended = once(worker, 'exit')
await once(worker, 'message')
await sleep(Number(momentMs))
if (ending === 'exit') {
  process.stdout.write('left\n')
  process.exit(0)
}
if (ending === 'close') {
  // The clients end first; the worker finds them gone, and is told to end only then.
  await broker.close()
  await sleep(Number(momentMs))
}
if (ending !== 'itself') await worker.terminate()
await ended
if (ending === 'close') {
  process.stdout.write('left\n')
  process.exit(0)
}
// Rows go on coming for a worker that is gone.
await send(broker, partition, 1_000)
await sleep(50)
await group.leave()
await broker.close()
process.stdout.write('left\n')
