// Tells in the log how far the restores of a client are, and when they are done. Made by the stream client.
import type { Clock } from './clock.ts'
import { collectMetric } from './metrics/snapshot.ts'
import type { MetricName } from './metrics/catalogue.ts'
import type { MetricSlab } from './metrics/slab.ts'
import type { RunLog } from './run-log.ts'

const LOOK_MS = 1_000
/** While restores go on there is a line so often. */
const TELL_MS = 10_000

/** The restores of one client, by its metrics. */
export class RestoreLog {
  readonly #slabs: () => readonly MetricSlab[]
  readonly #log: RunLog
  #stop: (() => void) | undefined
  #restored = 0
  #discarded = 0
  #sinceMs: number | undefined
  #toldMs = 0

  constructor(slabs: () => readonly MetricSlab[], log: RunLog) {
    this.#slabs = slabs
    this.#log = log
  }

  start(clock: Clock): void {
    this.#restored = this.#sumOf('kafka_stream_task_restored_records_total')
    this.#stop = clock.every(LOOK_MS, () => this.look(clock.monotonicMs()))
  }

  stop(): void {
    this.#stop?.()
    this.#tellDiscarded()
  }

  /** Looks how far they are. */
  look(nowMs: number): void {
    this.#tellDiscarded()
    const left = restoring(this.#slabs())
    const records = this.#sumOf('kafka_stream_task_restored_records_total') - this.#restored
    if (this.#sinceMs === undefined) {
      if (left.size === 0 && records === 0) return
      this.#sinceMs = this.#toldMs = nowMs
    }
    if (left.size === 0) {
      const ms = Math.round(nowMs - this.#sinceMs)
      this.#log.info({ records, ms }, 'state is restored')
      this.#restored += records
      this.#sinceMs = undefined
    } else if (nowMs - this.#toldMs >= TELL_MS) {
      this.#log.info({ left: Object.fromEntries(left), records }, 'state is being restored')
      this.#toldMs = nowMs
    }
  }

  #tellDiscarded(): void {
    const name = 'kafka_stream_task_discarded_states_total'
    const discarded = this.#sumOf(name)
    if (discarded === this.#discarded) return
    this.#discarded = discarded
    const damaged = collectMetric(this.#slabs(), name).filter(({ value }) => value > 0)
    const tasks = damaged.map(({ labels }) => labels['task_id'])
    const what =
      'state in state.dir was damaged, or in use when the machine went down: it is deleted, and restored from its changelogs'
    this.#log.warn({ tasks }, what)
  }

  #sumOf(name: MetricName): number {
    return collectMetric(this.#slabs(), name).reduce((sum, { value }) => sum + value, 0)
  }
}

/** Changelog records that are left, by the tasks that are being restored. */
export function restoring(slabs: readonly MetricSlab[]): Map<string, number> {
  const samples = collectMetric(slabs, 'kafka_stream_task_restore_remaining_records')
  const left = samples.filter(({ value }) => value > 0)
  return new Map(left.map(({ labels, value }) => [labels['task_id'] ?? '', value]))
}
