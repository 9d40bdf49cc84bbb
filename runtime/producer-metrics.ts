// What a client's producer tells of itself, in the main thread's metrics. The client asks it when somebody
// asks for its metrics.
import type { ProducerFigures } from '../broker/client-figures.ts'
import type { Counter, MetricSlab } from './metrics/slab.ts'

/** The figures of one producer; totals go on where those of one before it stopped. */
export class ProducerMetrics {
  readonly #slab: MetricSlab
  readonly #retries: Counter
  readonly #errors: ReadonlyMap<string, Counter>
  #toldRetries = 0
  readonly #toldErrors = new Map<string, number>()

  /** @param topics what it writes to: zeros from the start, or a rate would not see the first. */
  constructor(slab: MetricSlab, topics: readonly string[]) {
    this.#slab = slab
    this.#retries = slab.counter('kafka_producer_record_retries_total')
    const name = 'kafka_producer_record_errors_total'
    this.#errors = new Map(topics.map((topic) => [topic, slab.counter(name, { topic })]))
  }

  look({ queuedRecords, retries, errors }: ProducerFigures): void {
    this.#slab.gauge('kafka_producer_queue_records').set(queuedRecords)
    this.#retries.add(Math.max(0, retries - this.#toldRetries))
    this.#toldRetries = Math.max(retries, this.#toldRetries)
    for (const [topic, rows] of Object.entries(errors)) {
      // What user code has chosen at run time has no series: their number would have no bound.
      this.#errors.get(topic)?.add(rows - (this.#toldErrors.get(topic) ?? 0))
      this.#toldErrors.set(topic, rows)
    }
  }
}
