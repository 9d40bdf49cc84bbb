// The embedded broker on the main thread: topics and what they keep, and the way to everything else.
import type { GroupAdmin } from '../group-admin.ts'
import type {
  Broker,
  Group,
  GroupOptions,
  Poster,
  Producer,
  StandaloneReader,
  TopicDescription,
  TopicPartition,
  TopicPartitionOffset,
  TopicSpec,
  TransactionalProducer,
  Watermarks,
} from '../ports.ts'
import { EmbeddedGroup } from './group.ts'
import { EmbeddedGroupAdmin } from './group-admin.ts'
import { partitionKey } from './keys.ts'
import { LogReader } from './log-reader.ts'
import { cleanUp, openLog, type Log, type LogOptions } from './log.ts'
import { readBounds } from './partition.ts'
import { EmbeddedPoster } from './poster.ts'
import { EmbeddedProducer } from './producer.ts'
import { sweep } from './retention.ts'
import { EmbeddedTransactionalProducer } from './transactional-producer.ts'
import { WaitingReader } from './waiting-reader.ts'

const SWEEP_MS = 30_000

export interface EmbeddedBrokerOptions extends LogOptions {
  /** How often old batches are looked for; 30 s when left out. */
  readonly sweepMs?: number
}

/**
 * Opens the log in a directory, creating it when missing. Several processes may have it open.
 * @throws BrokerError MILLRACE_LOG_VERSION, MILLRACE_LOG_CORRUPT, MILLRACE_DISK_FULL, or
 * MILLRACE_BROKER where the directory cannot be used.
 */
export function openEmbeddedBroker(
  directory: string,
  options: EmbeddedBrokerOptions = {},
): Promise<Broker> {
  return new Promise((resolve) => {
    const log = openLog(directory, options)
    try {
      cleanUp(log)
    } catch (error) {
      log.close()
      throw log.environment.errorOf(error)
    }
    resolve(new EmbeddedBroker(log, options))
  })
}

class EmbeddedBroker implements Broker {
  readonly kind = 'embedded'
  readonly address: string
  readonly #log: Log
  readonly #open = new Set<{ close(): Promise<void> }>()
  #group: Group | undefined
  #sweep: NodeJS.Timeout
  #closed = false

  constructor(log: Log, { sweepMs = SWEEP_MS }: EmbeddedBrokerOptions) {
    this.address = `embedded:${log.directory}`
    this.#log = log
    this.#sweep = setTimeout(() => this.#sweepAgain(sweepMs), sweepMs).unref()
  }

  brokers(): Promise<string[]> {
    return Promise.resolve([this.address])
  }

  async topics(): Promise<TopicDescription[]> {
    const topics = await this.#fresh((log) => log.topics.all())
    return topics.map(({ name, partitions }) => ({ name, partitions }))
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.#fresh((log) => {
      try {
        log.environment.transaction(() => {
          for (const spec of specs) log.topics.ensure(spec)
        })
      } catch (error) {
        log.topics.forget()
        throw error
      }
    })
  }

  watermarks(partitions: readonly TopicPartition[]): Promise<Watermarks[]> {
    return this.#fresh((log) =>
      partitions.map((of) => {
        const key = partitionKey(log.topics.get(of).id, of.partition)
        const { start, end } = readBounds(log, key)
        return { start, end }
      }),
    )
  }

  async openProducer(): Promise<Producer> {
    const producer = await this.#fresh((log) => new EmbeddedProducer(log))
    this.#open.add(producer)
    return producer
  }

  async openTransactionalProducer(id: string): Promise<TransactionalProducer> {
    const producer = await this.#fresh((log) => new EmbeddedTransactionalProducer(log, id))
    this.#open.add(producer)
    return producer
  }

  async openPoster(): Promise<Poster> {
    const poster = await this.#fresh((log) => new EmbeddedPoster(log))
    this.#open.add(poster)
    return poster
  }

  async openReader(from: TopicPartitionOffset): Promise<StandaloneReader> {
    const reader = await this.#fresh((log) => new WaitingReader(new LogReader(log, from)))
    this.#open.add(reader)
    return reader
  }

  openGroup(options: GroupOptions): Promise<Group> {
    return this.#fresh((log) => {
      if (this.#group !== undefined) throw new Error('a broker has at most one group')
      this.#group = new EmbeddedGroup(log, options, () => (this.#group = undefined))
      return this.#group
    })
  }

  async openGroupAdmin(applicationId: string): Promise<GroupAdmin> {
    const admin = await this.#fresh((log) => new EmbeddedGroupAdmin(log, applicationId))
    this.#open.add(admin)
    return admin
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#sweep)
    // All is closed, whatever fails: a full disk must not keep a lock.
    const closing = [...this.#open].map((opened) => opened.close())
    if (this.#group !== undefined) closing.push(this.#group.leave())
    const ends = await Promise.allSettled(closing)
    this.#log.close()
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** Does synchronous work on the newest state, and gives what it throws as a rejection. */
  #fresh<T>(work: (log: Log) => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#closed) throw new Error(`${this.address} is closed`)
      this.#log.snapshot.renew()
      try {
        resolve(work(this.#log))
      } catch (error) {
        throw this.#log.environment.errorOf(error)
      }
    })
  }

  #sweepAgain(sweepMs: number): void {
    let more = false
    try {
      more = sweep(this.#log)
    } catch {
      // Nothing was deleted; commits say what is wrong with the log, the next sweep tries again.
    }
    this.#sweep = setTimeout(() => this.#sweepAgain(sweepMs), more ? 0 : sweepMs).unref()
  }
}
