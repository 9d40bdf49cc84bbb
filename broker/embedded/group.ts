// The only member of an application: it holds the lock, is assigned every partition at once, and knows
// where the tasks stand from what they commit.
import { openPositions, type PositionTable } from '../lmdb.ts'
import type {
  AssignmentListener,
  BrokerError,
  ChannelSpec,
  Group,
  GroupOptions,
  TopicPartition,
  TopicPartitionOffset,
} from '../ports.ts'
import { ApplicationLock } from '../application-lock.ts'
import { applicationTables } from './data-port.ts'
import { partitionKey } from './keys.ts'
import type { Log } from './log.ts'
import { readBounds } from './partition.ts'
import { purge } from './retention.ts'

const PURGE_INTERVAL_MS = 1_000
/** Batches deleted of a partition at a time: no transaction is long. */
const PURGE_STEPS = 256

export class EmbeddedGroup implements Group {
  readonly #log: Log
  readonly #applicationId: string
  readonly #lock: ApplicationLock
  readonly #positions: PositionTable
  readonly #onLeft: () => void
  readonly #startAt: GroupOptions['startAt']
  #listener: AssignmentListener | undefined
  #purgedMs = 0

  /** @throws BrokerError MILLRACE_LOG_LOCKED */
  constructor(log: Log, { applicationId, startAt }: GroupOptions, onLeft: () => void) {
    this.#startAt = startAt
    this.#log = log
    this.#applicationId = applicationId
    this.#onLeft = onLeft
    const prefix = applicationTables(applicationId)
    this.#positions = openPositions({
      table: (name) => log.environment.table(prefix + name),
      transaction: (work) => log.environment.transaction(work),
      close: () => undefined,
    })
    this.#lock = new ApplicationLock(log, applicationId, (error) => this.#fail(error))
  }

  /** @throws BrokerError MILLRACE_TOPIC_MISSING */
  async join(topics: readonly string[], listener: AssignmentListener): Promise<void> {
    this.#listener = listener
    this.#log.snapshot.renew()
    const partitions = topics.flatMap((topic) =>
      Array.from(
        { length: this.#log.topics.get({ topic, partition: 0 }).partitions },
        (_, partition): TopicPartition => ({ topic, partition }),
      ),
    )
    await listener.onAssigned(partitions)
  }

  committed(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    this.#log.snapshot.renew()
    return Promise.all(
      partitions.map(async (of) => {
        const committed = this.#positions.get(of) ?? (await this.#startAt?.(of))
        return { ...of, offset: committed ?? this.#startOf(of) }
      }),
    )
  }

  /** Every worker has the same way in: the commits of a replaced one ended with its thread. */
  openChannel(): ChannelSpec {
    return {
      kind: 'embedded',
      directory: this.#log.directory,
      applicationId: this.#applicationId,
    }
  }

  /** Writes the positions that the tasks did not write with their own commit. */
  commit(positions: readonly TopicPartitionOffset[]): Promise<void> {
    return new Promise((resolve) => {
      this.#log.snapshot.renew()
      // A worker may have committed again since it told them.
      this.#positions.put(positions.filter((at) => at.offset > (this.#positions.get(at) ?? -1)))
      this.#purgeIfDue(positions)
      resolve()
    })
  }

  /** Internal topics keep only what is not read yet. */
  #purgeIfDue(positions: readonly TopicPartitionOffset[]): void {
    const log = this.#log
    const nowMs = log.nowMs()
    if (nowMs - this.#purgedMs < PURGE_INTERVAL_MS) return
    this.#purgedMs = nowMs
    const read = positions.filter((at) => log.topics.get(at).isInternal)
    if (read.length === 0) return
    log.transaction(() => {
      for (const at of read) purge(log, log.topics.get(at), at.partition, at.offset, PURGE_STEPS)
    })
  }

  leave(): Promise<void> {
    return new Promise((resolve) => {
      this.#listener = undefined
      this.#lock.release()
      this.#onLeft()
      resolve()
    })
  }

  #startOf(of: TopicPartition): number {
    return readBounds(this.#log, partitionKey(this.#log.topics.get(of).id, of.partition)).start
  }

  #fail(error: BrokerError): void {
    this.#listener?.onFailed(error)
  }
}
