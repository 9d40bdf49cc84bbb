// What a progress report reads off the metrics: by how much counters rose since the last report. It takes up
// only what it needs of them, since one comes with each commit.
import type { MetricName } from './metrics/catalogue.ts'
import type { MetricSlab } from './metrics/slab.ts'
import { collectMetric, type MetricSample } from './metrics/snapshot.ts'

type Labels = MetricSample['labels']

/** Counters of all threads, against what they were when the last report went out. */
export class MetricRises {
  #before = new Map<string, number>()
  /** As they are now. */
  #now = new Map<string, number>()

  /** By how much the counters of a name with such labels have risen together. */
  of(
    slabs: readonly MetricSlab[],
    name: MetricName,
    isWanted: (labels: Labels) => boolean = () => true,
  ): number {
    let sum = 0
    for (const { labels, value } of collectMetric(slabs, name)) {
      if (isWanted(labels)) sum += this.#rise(name, labels, value)
    }
    return sum
  }

  /** By how much each of a name has risen, by the value of a label. */
  by(slabs: readonly MetricSlab[], name: MetricName, label: string): ReadonlyMap<string, number> {
    const rises = new Map<string, number>()
    for (const { labels, value } of collectMetric(slabs, name)) {
      const key = labels[label] ?? ''
      rises.set(key, (rises.get(key) ?? 0) + this.#rise(name, labels, value))
    }
    return rises
  }

  /** A report went out: the next one tells what comes from now on. */
  settle(): void {
    for (const [key, value] of this.#now) this.#before.set(key, value)
    // See `ThreadCommits.save` for why it is not cleared.
    this.#now = new Map()
  }

  /** The counters begin anew. */
  clear(): void {
    this.#before = new Map()
    this.#now = new Map()
  }

  #rise(name: string, labels: Labels, value: number): number {
    const key = `${name} ${Object.values(labels).join(' ')}`
    this.#now.set(key, value)
    return value - (this.#before.get(key) ?? 0)
  }
}

/** The sum of a gauge's values with such labels. */
export function sumOfGauge(
  slabs: readonly MetricSlab[],
  name: MetricName,
  isWanted: (labels: Labels) => boolean = () => true,
): number {
  const samples = collectMetric(slabs, name)
  return samples.reduce((sum, { labels, value }) => (isWanted(labels) ? sum + value : sum), 0)
}
