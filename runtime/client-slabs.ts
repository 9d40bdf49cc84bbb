// The metrics of one instance: the main thread's slab first, then one for each thread that it ever had.
import type { MetricDimensions } from './metrics/definition.ts'
import { layoutOf } from './metrics/layout.ts'
import { MetricSlab } from './metrics/slab.ts'

/** The slabs of one client; they go on where those of a client before it stopped. */
export class ClientSlabs {
  readonly all: MetricSlab[]
  readonly #dimensions: MetricDimensions

  /** @param former the slabs of the client before; their gauges are taken away. */
  constructor(dimensions: MetricDimensions, threads: number, former?: readonly MetricSlab[]) {
    this.#dimensions = dimensions
    this.all = [...(former ?? [MetricSlab.create(dimensions)])]
    for (const slab of former ?? []) slab.clearGauges()
    this.grow(threads)
  }

  /** Makes those that are missing to so many threads; those of threads that ended keep their totals. */
  grow(threads: number): void {
    const layout = this.all[0]?.layout ?? layoutOf(this.#dimensions)
    for (let thread = this.all.length; thread <= threads; thread++) {
      this.all.push(MetricSlab.create(this.#dimensions, `stream-thread-${thread}`, layout))
    }
  }
}
