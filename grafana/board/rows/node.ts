// The ninth row: the process.
import { BytesSI, NoUnit, PercentUnit, Seconds } from '@grafana/grafana-foundation-sdk/units'
import { timeSeries, type NumberedPanel } from '../panels.ts'
import { rate, series, sumRate } from '../selectors.ts'

/** libuv's timer, by which the delay of the loop is measured. */
const TIMER_S = '0.010'

/** Processor, memory, and the main thread's event loop. */
export function node(): NumberedPanel[] {
  return [
    timeSeries({
      title: 'CPU',
      description:
        'Cores in use, all threads of the process. At all cores with a lag: more of `num.stream.threads` does not help any more.',
      unit: NoUnit,
      width: 6,
      height: 8,
      queries: [{ expr: rate('process_cpu_seconds_total'), legend: 'cores' }],
    }),
    timeSeries({
      title: 'Memory',
      description:
        'The resident set of the process, and the heap of its main thread. The rest is stores, buffers up to `buffered.bytes.max` a thread, and mapped files.',
      unit: BytesSI,
      width: 6,
      height: 8,
      queries: [
        { expr: `sum(${series('process_resident_memory_bytes')})`, legend: 'resident' },
        { expr: `sum(${series('nodejs_heap_size_used_bytes')})`, legend: 'heap, main thread' },
      ],
    }),
    timeSeries({
      title: 'Event loop delay p99',
      description:
        'Of the main thread, which commits and serves; records do not pass it, unless the data path is the plain one. A short `commit.interval.ms` keeps it busy.',
      unit: Seconds,
      width: 6,
      height: 8,
      queries: [
        {
          expr: `clamp_min(max(${series('nodejs_eventloop_lag_p99_seconds')}) - ${TIMER_S}, 0)`,
          legend: 'delay',
        },
      ],
      thresholds: {
        base: 'green',
        steps: [
          [0.05, 'orange'],
          [0.2, 'red'],
        ],
      },
    }),
    timeSeries({
      title: 'Garbage collection',
      description:
        'Share of time that the main thread collects garbage; it grows with `num.stream.threads` and the partitions that it has to account for.',
      unit: PercentUnit,
      width: 6,
      height: 8,
      queries: [{ expr: sumRate('nodejs_gc_duration_seconds', 'kind'), legend: '{{kind}}' }],
    }),
  ]
}
