// Counts into the slab it was given, as a stream thread does.
import { workerData } from 'node:worker_threads'
import { MetricSlab, type SlabSpec } from '../../../runtime/metrics/slab.ts'

const slab = MetricSlab.open(workerData as SlabSpec)
slab.counter('kafka_stream_task_process_total', { task_id: '0_1' }).add(7)
slab.gauge('kafka_stream_task_buffered_records', { task_id: '0_1' }).set(3)
slab
  .histogram('kafka_stream_processor_node_record_e2e_latency_seconds', {
    processor_node_id: 'crime-counts-out',
  })
  .observe(0.02, 5)
