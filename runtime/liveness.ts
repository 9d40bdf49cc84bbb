// Sees whether a client that has records to read, or state to restore, gets on. Threads that hang are the
// watchdog's; here all of them may be well, and wait for a broker that takes nothing, or for another input.
import type { StreamsConfig } from '../config/config.ts'
import type { Clock } from './clock.ts'
import { collectMetric } from './metrics/snapshot.ts'
import type { MetricSlab } from './metrics/slab.ts'
import { restoring } from './restore-log.ts'

const LOOK_MS = 1_000

/** How long there may be records and no progress, and whether there is to be any. */
type LivenessConfig = Pick<StreamsConfig, 'healthProgressTimeoutMs' | 'processingPaused'>

/** What waits, and where most of it does. */
interface Waiting {
  readonly records: number
  readonly place: string
}

/** Since when nothing was done of what waits. */
class Standstill {
  waiting: Waiting | undefined
  #done = -1
  #sinceMs = 0

  /** @param done a number that changes while it goes on. */
  look(nowMs: number, done: number, waiting: Waiting | undefined): void {
    this.waiting = waiting
    if (done === this.#done && waiting !== undefined) return
    this.#done = done
    this.#sinceMs = nowMs
  }

  /** What waits, if for so long, and for how many seconds. */
  after(timeoutMs: number, nowMs: number): (Waiting & { readonly seconds: number }) | undefined {
    const standsMs = nowMs - this.#sinceMs
    if (this.waiting === undefined || standsMs < timeoutMs) return undefined
    return { ...this.waiting, seconds: Math.round(standsMs / 1_000) }
  }
}

/** The progress of one client. */
export class Liveness {
  readonly #slabs: () => readonly MetricSlab[]
  readonly #config: () => LivenessConfig
  readonly #processing = new Standstill()
  readonly #restoring = new Standstill()
  #stop: (() => void) | undefined

  /** @param config asked each time. */
  constructor(slabs: () => readonly MetricSlab[], config: () => LivenessConfig) {
    this.#slabs = slabs
    this.#config = config
  }

  start(clock: Clock): void {
    this.#stop = clock.every(LOOK_MS, () => this.look(clock.monotonicMs()))
  }

  stop(): void {
    this.#stop?.()
    this.#processing.waiting = undefined
    this.#restoring.waiting = undefined
  }

  /** What keeps the client from being well, a sentence each; empty where nothing does. By the monotonic clock. */
  problemsAt(nowMs: number): string[] {
    const problems: string[] = []
    const timeoutMs = this.#config().healthProgressTimeoutMs
    const unread = this.#processing.after(timeoutMs, nowMs)
    if (unread !== undefined) {
      problems.push(
        `no record was processed for ${unread.seconds} s, though ${unread.records} wait, most of them in ${unread.place}: ` +
          'does the broker take what is produced (the log says), does a task wait for another input (max.task.idle.ms)?',
      )
    }
    const left = this.#restoring.after(timeoutMs, nowMs)
    if (left !== undefined) {
      problems.push(
        `the restore of ${left.place} stands still for ${left.seconds} s, ${left.records} changelog records are left: ` +
          'do the brokers answer (the log says), or does the transaction of an instance that was killed hold them back ' +
          '(producer.transaction.timeout.ms ends it)?',
      )
    }
    return problems
  }

  look(nowMs: number): void {
    const slabs = this.#slabs()
    const done =
      totalOf(slabs, 'kafka_stream_task_process_total') +
      totalOf(slabs, 'kafka_stream_task_restored_records_total')
    const { processingPaused } = this.#config()
    this.#processing.look(nowMs, done, processingPaused ? undefined : waitingIn(slabs))
    const left = leftIn(slabs)
    this.#restoring.look(nowMs, left?.records ?? 0, left)
  }
}

function totalOf(slabs: readonly MetricSlab[], name: Parameters<typeof collectMetric>[1]): number {
  return collectMetric(slabs, name).reduce((sum, { value }) => sum + value, 0)
}

/** Changelog records that are to be restored, and the task with most of them. */
function leftIn(slabs: readonly MetricSlab[]): Waiting | undefined {
  const left = [...restoring(slabs)].sort(([, one], [, other]) => other - one)
  if (left.length === 0) return undefined
  return {
    records: left.reduce((sum, [, records]) => sum + records, 0),
    place: `task ${left[0]![0]}`,
  }
}

/** Records that wait, and the partition with most of them. */
function waitingIn(slabs: readonly MetricSlab[]): Waiting | undefined {
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
