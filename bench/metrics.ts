// What counting costs a record: `npm run build && node dist/bench/metrics.js`. The limit for a counter
// is 20 ns; a worker adds once a batch where it can, and once a record where it must.
import { MetricSlab } from '../runtime/metrics/slab.ts'
import { collectMetrics } from '../runtime/metrics/snapshot.ts'
import { observeOperations } from '../runtime/store-operations.ts'
import { MemoryKeyValueStore } from '../state/stores/key-value-store.ts'
import { utf8 } from '../topology/serdes/primitive.ts'

const ROUNDS = 7
const OPERATIONS = 20_000_000

const tasks = Array.from({ length: 64 }, (_, i) => ({ taskId: `0_${i}` }))
const slab = MetricSlab.create({
  tasks,
  topics: ['calls'],
  partitions: tasks.map((_, partition) => ({ topic: 'calls', partition })),
  stores: [{ name: 'counts' }],
  operators: [],
  nodes: ['sink'],
  dropReasons: ['malformed'],
})
const counters = tasks.map(({ taskId }) =>
  slab.counter('kafka_stream_task_process_total', { task_id: taskId }),
)
const gauge = slab.gauge('kafka_consumer_records_lag', { topic: 'calls', partition: '3' })
const latency = slab.histogram('kafka_stream_processor_node_record_e2e_latency_seconds', {
  processor_node_id: 'sink',
})

measure('counter.add, one series', OPERATIONS, (n) => {
  const counter = counters[0]!
  for (let i = 0; i < n; i++) counter.add(1)
})
measure('counter.add, 64 series in turn', OPERATIONS, (n) => {
  for (let i = 0; i < n; i++) counters[i & 63]!.add(1)
})
measure('gauge.set', OPERATIONS, (n) => {
  for (let i = 0; i < n; i++) gauge.set(i)
})
measure('histogram.observe, 1 to 64 ms', OPERATIONS, (n) => {
  for (let i = 0; i < n; i++) latency.observe((i & 63) / 1000)
})
const keys = Array.from({ length: 64 }, (_, i) => `key ${i}`)
const [plain, counted] = [storeOf('plain'), storeOf('counts')]
observeOperations(counted, {
  counter: (operation) =>
    slab.counter('kafka_stream_state_operations_total', { store: 'counts', operation }),
})
measure('get of a store, not counted', OPERATIONS / 4, (n) => {
  for (let i = 0; i < n; i++) plain.find(keys[i & 63]!)
})
measure('get of a store, counted', OPERATIONS / 4, (n) => {
  for (let i = 0; i < n; i++) counted.find(keys[i & 63]!)
})
measure('collectMetrics of 3 slabs', 200, (n) => {
  for (let i = 0; i < n; i++) collectMetrics([slab, slab, slab])
})

function storeOf(name: string): MemoryKeyValueStore<string, string> {
  const store = new MemoryKeyValueStore({ name, key: utf8, value: utf8 })
  for (const key of keys) store.put(key, 'value')
  return store
}

/** Prints the median of several rounds, in nanoseconds for one operation. */
function measure(name: string, operations: number, run: (operations: number) => void): void {
  run(operations / 10)
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now()
    run(operations)
    return ((performance.now() - startedMs) * 1e6) / operations
  })
  rounds.sort((a, b) => a - b)
  const median = rounds[ROUNDS >> 1] ?? NaN
  process.stdout.write(`${name.padEnd(34)} ${median.toFixed(1).padStart(12)} ns\n`)
}
