import type { MetricDimensions } from '../../../runtime/metrics/definition.ts'

/** The dimensions of an application with so many partitions: two sub-topologies, two stores. */
export function dimensionsOf(partitions: number): MetricDimensions {
  const each = Array.from({ length: partitions }, (_, partition) => partition)
  const read = ['service-calls', 'app-by-crime-repartition']
  return {
    tasks: [0, 1].flatMap((subtopology) =>
      each.map((partition) => ({ taskId: `${subtopology}_${partition}` })),
    ),
    topics: [...read, 'crime-counts'],
    partitions: read.flatMap((topic) => each.map((partition) => ({ topic, partition }))),
    stores: [{ name: 'crime-counts' }, { name: 'last-call' }],
    operators: [0, 1].flatMap((subtopology) =>
      each.flatMap((partition) =>
        Array.from({ length: 12 }, (_, i) => ({
          taskId: `${subtopology}_${partition}`,
          node: `operator-${i}`,
        })),
      ),
    ),
    nodes: ['service-calls', 'crime-counts-out'],
    dropReasons: [
      'malformed',
      'null-key',
      'invalid-timestamp',
      'future-timestamp',
      'expired-window',
      'processing-error',
    ],
  }
}
