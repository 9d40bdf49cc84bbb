// The numbers of one thread in shared memory: the thread writes them with plain stores, the main
// thread reads them at a scrape, even while the writer is busy. A slot is NaN until it is bound.
import type { NameOf } from './catalogue.ts'
import { METRICS } from './catalogue.ts'
import type { MetricDimensions } from './definition.ts'
import {
  layoutOf,
  MetricError,
  placeOf,
  slotsOf,
  type Labels,
  type MetricLayout,
} from './layout.ts'

/** A slab as it travels to a worker: cloneable, the memory is shared. */
export interface SlabSpec {
  readonly dimensions: MetricDimensions
  readonly buffer: SharedArrayBuffer
  /** `stream-thread-1`; undefined for the main thread. */
  readonly threadId: string | undefined
}

/** A total of one thread. */
export class Counter {
  readonly #slots: Float64Array
  readonly #at: number

  constructor(slots: Float64Array, at: number) {
    this.#slots = slots
    this.#at = at
    if (Number.isNaN(slots[at])) slots[at] = 0
  }

  /** Adds `n`, which must not be negative. */
  add(n: number): void {
    this.#slots[this.#at]! += n
  }

  /** The total so far, of all the threads that ever wrote to this slab. */
  get value(): number {
    return this.#slots[this.#at] ?? 0
  }
}

/** A value of one thread; there is no series until it is set. */
export class Gauge {
  readonly #slots: Float64Array
  readonly #at: number

  constructor(slots: Float64Array, at: number) {
    this.#slots = slots
    this.#at = at
  }

  /** Sets the value; NaN takes the series away, as of a partition that was revoked. */
  set(value: number): void {
    this.#slots[this.#at] = value
  }
}

/** A distribution of one thread. */
export class Histogram {
  readonly #slots: Float64Array
  readonly #at: number
  readonly #bounds: Float64Array
  readonly #sumAt: number

  constructor(slots: Float64Array, at: number, buckets: readonly number[]) {
    this.#slots = slots
    this.#at = at
    this.#bounds = Float64Array.from(buckets)
    this.#sumAt = at + buckets.length + 1
    if (Number.isNaN(slots[at])) slots.fill(0, at, this.#sumAt + 1)
  }

  /** Counts a value, `times` over: a batch with one timestamp is observed once. NaN is ignored. */
  observe(value: number, times = 1): void {
    if (Number.isNaN(value)) return
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1
    this.#slots[this.#at + bucket]! += times
    this.#slots[this.#sumAt]! += value * times
  }
}

/** The metrics of one thread. Bind children once at start and keep them. */
export class MetricSlab {
  readonly spec: SlabSpec
  readonly layout: MetricLayout
  readonly slots: Float64Array

  private constructor(spec: SlabSpec, layout: MetricLayout) {
    this.spec = spec
    this.layout = layout
    this.slots = new Float64Array(spec.buffer)
  }

  /** A new slab without any series, on the main thread. `layout` spares computing it for every slab. */
  static create(dimensions: MetricDimensions, threadId?: string, layout = layoutOf(dimensions)) {
    const buffer = new SharedArrayBuffer(layout.slots * Float64Array.BYTES_PER_ELEMENT)
    const slab = new MetricSlab({ dimensions, buffer, threadId }, layout)
    slab.slots.fill(NaN)
    return slab
  }

  /**
   * The slab that the main thread made, in its worker. A worker that replaces a dead one opens the
   * same slab, and its totals go on.
   * @throws MetricError MILLRACE_METRIC_LAYOUT when the two run different code.
   */
  static open(spec: SlabSpec): MetricSlab {
    const layout = layoutOf(spec.dimensions)
    if (spec.buffer.byteLength !== layout.slots * Float64Array.BYTES_PER_ELEMENT) {
      throw new MetricError(
        'MILLRACE_METRIC_LAYOUT',
        `the metrics of ${spec.threadId ?? 'the main thread'} take ${layout.slots} slots here and ` +
          `${spec.buffer.byteLength / Float64Array.BYTES_PER_ELEMENT} where they were made: build again`,
      )
    }
    return new MetricSlab(spec, layout)
  }

  /** @throws MetricError MILLRACE_METRIC_UNKNOWN */
  counter(name: NameOf<'counter'>, labels: Labels = {}): Counter {
    return new Counter(this.slots, placeOf(this.layout, name, labels))
  }

  /** @throws MetricError MILLRACE_METRIC_UNKNOWN */
  gauge(name: NameOf<'gauge'>, labels: Labels = {}): Gauge {
    return new Gauge(this.slots, placeOf(this.layout, name, labels))
  }

  /** @throws MetricError MILLRACE_METRIC_UNKNOWN */
  histogram(name: NameOf<'histogram'>, labels: Labels = {}): Histogram {
    const at = placeOf(this.layout, name, labels)
    return new Histogram(this.slots, at, METRICS[name].buckets)
  }

  /** Takes away the gauges of a thread that died; its totals stay, or rates would see a reset. */
  clearGauges(): void {
    for (const { definition, at, count } of this.layout.metrics) {
      if (definition.type === 'gauge') this.slots.fill(NaN, at, at + count * slotsOf(definition))
    }
  }
}
