// What an application has in the log while it does not run: positions, internal topics, the tables of its
// tasks. Everything that is changed is changed under the application's lock.
import { ApplicationLock, lockHolder } from '../application-lock.ts'
import type { GroupAdmin, GroupMember } from '../group-admin.ts'
import { openPositions, type PositionTable, type Table } from '../lmdb.ts'
import type { TopicPartition, TopicPartitionOffset } from '../ports.ts'
import { stateKeysEnd, taskOfStateKey } from '../state-keys.ts'
import { applicationTables } from './data-port.ts'
import { batchKey, partitionKey } from './keys.ts'
import { LogReader } from './log-reader.ts'
import type { Log } from './log.ts'
import { readBounds } from './partition.ts'
import { readPointer } from './pointer.ts'
import type { Topic } from './topic-table.ts'

/** Batches deleted in one transaction: none is long. */
const BATCHES_MAX = 256
const POSITIONS = 'positions'

export class EmbeddedGroupAdmin implements GroupAdmin {
  readonly #log: Log
  readonly #applicationId: string
  readonly #prefix: string
  #lock: ApplicationLock | undefined

  constructor(log: Log, applicationId: string) {
    this.#log = log
    this.#applicationId = applicationId
    this.#prefix = applicationTables(applicationId)
  }

  readonly state = {
    tasks: (): Promise<readonly string[]> =>
      this.#fresh((log) => {
        const tasks = this.#stateTables().flatMap((name) => tasksIn(log.environment.table(name)))
        return [...new Set(tasks)]
      }),
    delete: (): Promise<void> =>
      this.#fresh((log) => {
        // Emptied and not dropped: another process may have them open.
        for (const name of this.#stateTables()) {
          const table = log.environment.table(name)
          log.environment.transaction(() => table.clearSync())
        }
      }),
  }

  members(): Promise<readonly GroupMember[]> {
    return this.#fresh((log) => {
      const where = lockHolder(log, this.#applicationId)
      return where === undefined ? [] : [{ memberId: this.#applicationId, where }]
    })
  }

  committed(partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return this.#fresh((log) => {
      // A table that is asked for is made: looking must leave the log as it is.
      if (!log.environment.tableNames().includes(this.#prefix + POSITIONS)) {
        return partitions.map(() => undefined)
      }
      const positions = this.#positions()
      return partitions.map((of) => positions.get(of))
    })
  }

  /** Reads the log from its start: it has no index by time. */
  offsetsAt(partitions: readonly TopicPartition[], timestampMs: number): Promise<number[]> {
    return this.#fresh((log) => partitions.map((of) => offsetAt(log, of, timestampMs)))
  }

  claim(): Promise<void> {
    return this.#fresh((log) => {
      this.#lock ??= new ApplicationLock(log, this.#applicationId, () => undefined)
    })
  }

  setOffsets(positions: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#fresh(() => this.#positions().put(positions))
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#fresh((log) => {
      const positions = this.#positions()
      for (const name of names) {
        log.topics.forget()
        const topic = log.topics.find(name)
        if (topic !== undefined) deleteTopic(log, topic, positions)
      }
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#lock?.release()
      this.#lock = undefined
      resolve()
    })
  }

  #positions(): PositionTable {
    const { environment } = this.#log
    return openPositions({
      table: (name) => environment.table(this.#prefix + name),
      transaction: (work) => environment.transaction(work),
      close: () => undefined,
    })
  }

  #stateTables(): string[] {
    const names = this.#log.environment.tableNames()
    return names.filter(
      (name) => name.startsWith(this.#prefix) && name !== this.#prefix + POSITIONS,
    )
  }

  /** Does synchronous work on the newest state, and gives what it throws as a rejection. */
  #fresh<T>(work: (log: Log) => T): Promise<T> {
    return new Promise((resolve) => {
      this.#log.snapshot.renew()
      try {
        resolve(work(this.#log))
      } catch (error) {
        throw this.#log.environment.errorOf(error)
      }
    })
  }
}

/** The ids of the tasks that have something in a table. */
function tasksIn(table: Table): string[] {
  const tasks: string[] = []
  for (let start: Buffer = Buffer.alloc(1); ;) {
    const [key] = [...table.getKeys({ start, limit: 1 })]
    if (key === undefined) return tasks
    const taskId = taskOfStateKey(key)
    tasks.push(taskId)
    start = stateKeysEnd(taskId)
  }
}

function deleteTopic(log: Log, topic: Topic, positions: PositionTable): void {
  const range = {
    start: batchKey(topic.id, 0, 0),
    end: batchKey(topic.id + 1, 0, 0),
    limit: BATCHES_MAX,
  }
  let deleted: number
  do {
    deleted = log.transaction(() => {
      const keys = [...log.batches.getKeys(range)]
      for (const key of keys) {
        log.segments.count(readPointer(log.batches.getBinary(key)!).segment, -1)
        log.batches.removeSync(key)
      }
      return keys.length
    })
  } while (deleted === BATCHES_MAX)
  log.transaction(() => {
    for (let partition = 0; partition < topic.partitions; partition++) {
      log.partitions.removeSync(partitionKey(topic.id, partition))
      positions.remove({ topic: topic.name, partition })
    }
    log.topics.remove(topic.name)
  })
}

function offsetAt(log: Log, of: TopicPartition, timestampMs: number): number {
  const { start, end } = readBounds(log, partitionKey(log.topics.get(of).id, of.partition))
  const reader = new LogReader(log, { ...of, offset: start })
  try {
    for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
      for (let row = 0; row < batch.count; row++) {
        if (batch.timestamps[row]! >= timestampMs) return batch.offsets[row]!
      }
    }
    return end
  } finally {
    reader.close()
  }
}
