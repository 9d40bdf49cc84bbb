// The data side of one worker: what it produces, what its tasks save and where they stand become
// durable in one transaction of the log's environment.
import { openPositions, type Environment } from '../lmdb.ts'
import type {
  ChannelSpec,
  DataPort,
  PartitionReader,
  TopicPartition,
  TopicPartitionOffset,
} from '../ports.ts'
import type { RecordBatchBuilder } from '../record-batch-builder.ts'
import { append, PackRooms, packRows, type PackedRows } from './append.ts'
import { LogReader } from './log-reader.ts'
import { openLog, type Log, type LogOptions } from './log.ts'
import { SegmentWriter, type PlacedRows } from './segment-writer.ts'

/** The channel of an embedded log. */
export type EmbeddedChannel = Extract<ChannelSpec, { kind: 'embedded' }>

/**
 * Prefix of the tables in which an application keeps what its tasks save: all of them in the same ones, under keys
 * that begin with their ids. Up to format 2 each had tables of its own, `TASK/NAME`, and those that are there go on.
 */
export function applicationTables(applicationId: string): string {
  return `application/${applicationId}/`
}

/**
 * Opens the data side in the calling thread.
 * @throws BrokerError as `openLog` does
 */
export function openEmbeddedDataPort(spec: EmbeddedChannel, options: LogOptions = {}): DataPort {
  return new EmbeddedDataPort(openLog(spec.directory, options), spec.applicationId)
}

interface Written {
  readonly rows: readonly PackedRows[]
  readonly placed: readonly PlacedRows[]
}

class EmbeddedDataPort implements DataPort {
  readonly transactional = true
  readonly #log: Log
  readonly #applicationId: string
  readonly #writer: SegmentWriter
  readonly #rooms = new PackRooms()
  /** Names of tables of tasks that have their own, from before format 3. */
  readonly #ownTables: ReadonlySet<string>
  #pending: PackedRows[] = []
  #pendingBytes = 0
  /** What was written to segments and is not committed yet. */
  #written: Written | undefined
  #closed = false

  constructor(log: Log, applicationId: string) {
    this.#log = log
    this.#applicationId = applicationId
    this.#writer = new SegmentWriter(log)
    const prefix = applicationTables(applicationId)
    const names = log.environment.tableNames().filter((name) => name.startsWith(prefix))
    const own = names.map((name) => name.slice(prefix.length)).filter((name) => name.includes('/'))
    this.#ownTables = new Set(own)
    // Made here, before any transaction in which a task writes to it.
    openPositions(this.openState(''))
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  openReader(from: TopicPartitionOffset): PartitionReader {
    return new LogReader(this.#log, from)
  }

  produce(target: TopicPartition, rows: RecordBatchBuilder): void {
    this.#log.topics.get(target)
    for (const part of packRows(target, rows, this.#rooms)) {
      this.#pending.push(part)
      this.#pendingBytes += part.packed.byteLength
    }
  }

  /** The tables of the application's tasks; the group sees in `positions` where each one stands. */
  openState(taskId: string): Environment {
    const { environment } = this.#log
    const prefix = applicationTables(this.#applicationId)
    return {
      table: (name) => {
        const own = `${taskId}/${name}`
        return environment.table(prefix + (this.#ownTables.has(own) ? own : name))
      },
      transaction: (work) => environment.transaction(work),
      close: () => undefined,
    }
  }

  closeState(): void {
    // All tasks share the environment of the log, which closes with the port.
  }

  /** @throws BrokerError MILLRACE_DISK_FULL; what was produced waits for the next call then. */
  flush(done: () => void): void {
    this.#write()
    this.#writer.syncLater(done)
  }

  /** When it throws nothing was committed, and what was produced waits for the next commit. */
  commit(write: () => void): void {
    const { rows, placed } = this.#write()
    try {
      this.#writer.sync()
    } catch (error) {
      this.#written = undefined
      this.#pending = [...rows, ...this.#pending]
      throw error
    }
    this.#log.transaction(() => {
      append(this.#log, placed)
      write()
    })
    this.#writer.committed()
    this.#written = undefined
    for (const { packed } of rows) this.#pendingBytes -= packed.byteLength
    this.#rooms.giveBack(rows)
    this.#log.snapshot.renew()
  }

  #write(): Written {
    if (this.#written === undefined) {
      const rows = this.#pending
      this.#written = { rows, placed: this.#writer.write(rows) }
      this.#pending = []
    }
    return this.#written
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    try {
      this.#writer.close()
    } finally {
      this.#log.close()
    }
  }
}
