// What a client tells of itself: its state, its rebalances, how many partitions it has. In the main thread's
// metrics and in the log.
import { ordinalOf, transition, type ClientState } from './client-state.ts'
import type { MetricSlab } from './metrics/slab.ts'
import type { RunLog } from './run-log.ts'

const ERROR_KINDS = ['unreachable', 'produce', 'commit', 'other'] as const

/** What errors are counted as. */
const KINDS = new Map<unknown, (typeof ERROR_KINDS)[number]>([
  ['MILLRACE_BROKER_UNREACHABLE', 'unreachable'],
  ['MILLRACE_PRODUCE_FAILED', 'produce'],
  ['MILLRACE_COMMIT_FAILED', 'commit'],
  ['MILLRACE_TRANSACTION_ABORTED', 'commit'],
])

/** The status of one client. */
export class ClientStatus {
  state: ClientState = 'CREATED'
  readonly #slab: MetricSlab
  readonly #log: RunLog

  constructor(slab: MetricSlab, log: RunLog, commitIntervalMs: number) {
    this.#slab = slab
    this.#log = log
    this.commitsEvery(commitIntervalMs)
    // Zeros from the start: a rate does not see the first of a series that appears with it.
    for (const code of ERROR_KINDS) slab.counter('kafka_client_errors_total', { code })
    this.enter('CREATED')
  }

  /** Goes to a state; one that fails goes nowhere but to its end. */
  enter(state: ClientState): void {
    if (this.state === 'PENDING_ERROR' && state !== 'ERROR') return
    this.state = transition(this.state, state)
    this.#slab.gauge('kafka_stream_client_state').set(ordinalOf(this.state))
    this.#log.debug({ state }, 'state')
  }

  /** How often it commits, from now on. */
  commitsEvery(intervalMs: number): void {
    this.#slab.gauge('kafka_stream_query_trigger_interval_seconds').set(intervalMs / 1_000)
  }

  /** A transaction of the group was committed, or undone. */
  transaction(how: 'committed' | 'aborted', ms = 0): void {
    if (how === 'aborted') return this.#slab.counter('kafka_producer_txn_aborts_total').add(1)
    this.#slab.counter('kafka_producer_txn_commits_total').add(1)
    this.#slab.histogram('kafka_producer_txn_commit_duration_seconds').observe(ms / 1_000)
  }

  /** A request to the broker failed. */
  failed(code: unknown): void {
    const kind = KINDS.get(code) ?? 'other'
    this.#slab.counter('kafka_client_errors_total', { code: kind }).add(1)
  }

  /** How many partitions the client has. */
  assigned(partitions: number): void {
    this.#slab.gauge('kafka_consumer_assigned_partitions').set(partitions)
  }

  /** A change of the assignment is done that began at `startedMs` of `performance.now()`. */
  rebalanced(reason: 'assigned' | 'revoked' | 'lost', startedMs: number, partitions: number): void {
    const seconds = (performance.now() - startedMs) / 1_000
    this.#slab.counter('kafka_consumer_rebalances_total', { reason }).add(1)
    this.#slab.histogram('kafka_consumer_rebalance_duration_seconds').observe(seconds)
    this.assigned(partitions)
  }
}
