// The log of one directory as its tables, opened once by the broker and by each worker's data port.
// Writing, reading, retention and topics are functions over it.
import { openEnvironment, type OpenedEnvironment, type Table } from '../lmdb.ts'
import { BrokerError } from '../ports.ts'
import { SegmentFiles } from './segment-files.ts'
import { SegmentTable } from './segment-table.ts'
import { Snapshot } from './snapshot.ts'
import { TopicTable } from './topic-table.ts'

/** Version of all that lies in the directory; a newer one is refused. */
export const FORMAT_VERSION = 3
/** Without tables that the tasks of an application share; otherwise the same. */
const FORMAT_BEFORE = 2
const FORMAT_KEY = Buffer.from('format')

export interface LogOptions {
  /** The wall clock, epoch milliseconds: batches age by it. */
  readonly nowMs?: () => number
  /** How large a segment file grows, 32 MB unless said: its room is free when its last batch goes. */
  readonly segmentBytes?: number
}

const SEGMENT_BYTES = 33_554_432

export interface Log {
  readonly directory: string
  readonly environment: OpenedEnvironment
  readonly topics: TopicTable
  /** Where the batches lie, by topic, partition and base offset. */
  readonly batches: Table
  /** Bounds and size of each partition, see `partition.ts`. */
  readonly partitions: Table
  /** Locks of applications by their id. */
  readonly locks: Table
  readonly segments: SegmentTable
  readonly files: SegmentFiles
  readonly segmentBytes: number
  readonly snapshot: Snapshot
  nowMs(): number
  /**
   * Runs `work` in a transaction, all or nothing; segments of which it leaves nothing are deleted.
   * @throws BrokerError as `Environment.transaction` does
   */
  transaction<T>(work: () => T): T
  close(): void
}

/**
 * Opens the log in a directory, creating it when missing.
 * @throws BrokerError MILLRACE_LOG_VERSION, MILLRACE_LOG_CORRUPT, MILLRACE_DISK_FULL, or
 * MILLRACE_BROKER where the directory cannot be used.
 */
export function openLog(directory: string, options: LogOptions = {}): Log {
  const { nowMs = Date.now, segmentBytes = SEGMENT_BYTES } = options
  const environment = openEnvironment(directory)
  try {
    checkFormat(directory, environment)
    const files = new SegmentFiles(directory)
    const segments = new SegmentTable(environment.table('segments'), environment.table('meta'))
    return {
      directory,
      environment,
      segments,
      files,
      segmentBytes,
      topics: new TopicTable(environment.table('topics'), environment.table('meta')),
      batches: environment.table('batches'),
      partitions: environment.table('partitions'),
      locks: environment.table('locks'),
      snapshot: new Snapshot(environment),
      nowMs,
      transaction(work) {
        try {
          const result = environment.transaction(() => {
            const done = work()
            segments.flush()
            return done
          })
          files.remove(segments.takeDead())
          return result
        } catch (error) {
          segments.undo()
          throw error
        }
      },
      close() {
        files.close()
        environment.close()
      },
    }
  } catch (error) {
    environment.close()
    throw environment.errorOf(error)
  }
}

function checkFormat(directory: string, environment: OpenedEnvironment): void {
  const meta = environment.table('meta')
  /** A log that is being made has none yet. */
  const version = (): number => Number(meta.get(FORMAT_KEY)?.toString() ?? FORMAT_BEFORE)
  if (version() === FORMAT_BEFORE) {
    environment.transaction(() => {
      // Another process may have been first, with a version that is newer.
      if (version() === FORMAT_BEFORE) meta.putSync(FORMAT_KEY, Buffer.from(`${FORMAT_VERSION}`))
    })
  }
  if (version() === FORMAT_VERSION) return
  const text =
    `The log in ${directory} has format ${version()}, this version of Millrace reads format ` +
    `${FORMAT_VERSION}: use the version that wrote it, or another directory`
  throw new BrokerError('MILLRACE_LOG_VERSION', text)
}

/** Deletes what processes have left that ended in the middle of something. */
export function cleanUp(log: Log): void {
  const files = log.files.ids()
  log.snapshot.renew()
  log.transaction(() => log.segments.sealAbandoned())
  log.files.remove(files.filter((id) => !log.segments.has(id)))
}
