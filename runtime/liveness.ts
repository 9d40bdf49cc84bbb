// Sees whether a client that has records to read gets on. Threads that hang are the watchdog's; here all of
// them may be well, and wait for a broker that takes nothing, or for another input.
import { collectMetric } from './metrics/snapshot.ts'
import type { MetricSlab } from './metrics/slab.ts'

const LOOK_MS = 1_000

/** The progress of one client. */
export class Liveness {
  readonly #slabs: () => readonly MetricSlab[]
  readonly #timeoutMs: () => number
  #timer: NodeJS.Timeout | undefined
  #done = -1
  #sinceMs = 0
  #waiting: { readonly records: number; readonly place: string } | undefined

  /** @param timeoutMs how long there may be records and no progress; asked each time. */
  constructor(slabs: () => readonly MetricSlab[], timeoutMs: () => number) {
    this.#slabs = slabs
    this.#timeoutMs = timeoutMs
  }

  start(): void {
    this.#timer = setInterval(() => this.look(Date.now()), LOOK_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#waiting = undefined
  }

  /** What keeps the client from being well, a sentence; empty where nothing does. */
  problemsAt(nowMs: number): string[] {
    const standsMs = nowMs - this.#sinceMs
    if (this.#waiting === undefined || standsMs < this.#timeoutMs()) return []
    const { records, place } = this.#waiting
    return [
      `no record was processed for ${Math.round(standsMs / 1_000)} s, though ${records} wait, most of them in ${place}: ` +
        'does the broker take what is produced (the log says), does a task wait for another input (max.task.idle.ms)?',
    ]
  }

  look(nowMs: number): void {
    const slabs = this.#slabs()
    const done =
      totalOf(slabs, 'kafka_stream_task_process_total') +
      totalOf(slabs, 'kafka_stream_task_restored_records_total')
    this.#waiting = waitingIn(slabs)
    if (done === this.#done && this.#waiting !== undefined) return
    this.#done = done
    this.#sinceMs = nowMs
  }
}

function totalOf(slabs: readonly MetricSlab[], name: Parameters<typeof collectMetric>[1]): number {
  return collectMetric(slabs, name).reduce((sum, { value }) => sum + value, 0)
}

/** Records that wait, and the partition with most of them. */
function waitingIn(slabs: readonly MetricSlab[]) {
  let records = 0
  let most = 0
  let place = ''
  for (const { labels, value } of collectMetric(slabs, 'kafka_consumer_records_lag')) {
    records += value
    if (value <= most) continue
    most = value
    place = `${labels['topic']}/${labels['partition']}`
  }
  return records > 0 ? { records, place } : undefined
}
