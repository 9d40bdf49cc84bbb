// A source: tables of a database read into topics, poll after poll, until it is stopped. What it read and how
// far it came are one transaction, so that no crash of either side loses or doubles a row.
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError, type Broker } from '../../broker/ports.ts'
import { topicPart } from '../../config/source-checks.ts'
import type { SourceConfig } from '../../config/source.ts'
import { connectServer } from './client.ts'
import { SourceError, type Database } from './database.ts'
import { Output } from './output.ts'
import { openPGlite } from './pglite.ts'
import { ensurePlaceTopic, readPlaces, type Place } from './place.ts'
import { messageType, protobufValues } from './protobuf-values.ts'
import type { Left } from './query.ts'
import { TableSource } from './table-source.ts'

/** What happens to a source, for logs and metrics. */
export interface SourceEvents {
  /** Connected to the database at an address. */
  onConnected?(address: string): void
  /** Rows of a table became visible. */
  onCommitted?(table: string, topic: string, rows: number, place: Place): void
  /** What is not read yet of a table is known: undefined where its mode does not tell. */
  onLeft?(table: string, left: Left | undefined): void
  /** All tables were looked at. */
  onPolled?(): void
  /** A try failed and is repeated after a while. */
  onRetry?(error: SourceError | BrokerError, waitMs: number): void
  /** Transactions that write to a table keep a poll waiting. */
  onWaiting?(table: string, waitedMs: number, processes: readonly string[]): void
}

/** A source and its surroundings. */
export interface SourceOptions extends SourceEvents {
  readonly config: SourceConfig
  readonly broker: Broker
  /** Makes a topic where it is missing, and tells how many partitions it has. */
  readonly partitionsOf: (topic: string) => Promise<number>
  readonly commitIntervalMs: number
  readonly signal: AbortSignal
  /** Whether to end when all tables were read once. */
  readonly once?: boolean
  /** How to reach the database; by `connection.url` where left out. */
  readonly connect?: () => Promise<Database>
}

const BACKOFF_MS = 100
/** Connect's name for who writes offsets for a source; part of the transactional id. */
const ID_PREFIX = 'connect-'

/**
 * Reads until `signal` aborts. Another process under the same name is refused from now on.
 * @returns how many rows were committed
 * @throws SourceError that trying again does not mend; BrokerError.
 */
export async function runPostgresSource(options: SourceOptions): Promise<number> {
  const { config, broker } = options
  const { offsetsStorageTopic, name } = config
  await ensurePlaceTopic(broker, offsetsStorageTopic)
  const producer = await broker.openTransactionalProducer(`${ID_PREFIX}${name}`)
  try {
    const places = await readPlaces(broker, offsetsStorageTopic, name)
    const output = new Output(producer, { topic: offsetsStorageTopic, source: name }, Date.now)
    return await new Source(options, output, places).run()
  } finally {
    await producer.close()
  }
}

class Source {
  readonly #options: SourceOptions
  readonly #output: Output
  readonly #places: Map<string, Place>
  #tables: readonly TableSource[] = []
  #database: Database | undefined
  #failures = 0
  #committed = 0

  constructor(options: SourceOptions, output: Output, places: Map<string, Place>) {
    this.#options = options
    this.#output = output
    this.#places = places
  }

  async run(): Promise<number> {
    const { config, signal, once = false } = this.#options
    this.#tables = await this.#openTables()
    try {
      while (!signal.aborted) {
        const waitMs = await this.#pollAll()
        if (waitMs === undefined && once) break
        await wait(waitMs ?? config.pollIntervalMs, signal)
      }
    } finally {
      await this.#database?.close()
    }
    return this.#committed
  }

  /** @returns after how long to try again, undefined when all went well. */
  async #pollAll(): Promise<number | undefined> {
    try {
      this.#database ??= await this.#connect()
      for (const table of this.#tables) {
        await table.poll(this.#database, this.#places.get(table.table) ?? {})
        if (this.#options.signal.aborted) break
      }
    } catch (error) {
      return await this.#retryAfter(error)
    }
    this.#failures = 0
    this.#options.onPolled?.()
    return undefined
  }

  /** Undoes what is not committed, and tells after how long to try again. @throws what trying does not mend */
  async #retryAfter(error: unknown): Promise<number> {
    const { config, onRetry } = this.#options
    const isOurs = error instanceof SourceError || error instanceof BrokerError
    const isUndone = error instanceof BrokerError && error.code === 'MILLRACE_TRANSACTION_ABORTED'
    if (!isOurs || !(error instanceof SourceError ? error.retriable : isUndone)) throw error
    this.#failures += 1
    const { connectionAttempts: attempts, connectionBackoffMs } = config
    if (attempts >= 0 && this.#failures >= Math.max(1, attempts)) throw error
    if (this.#output.rows > 0 || isUndone) await this.#output.abort()
    // Rows may still be on their way.
    await this.#database?.close()
    this.#database = undefined
    const waitMs = Math.min(connectionBackoffMs, BACKOFF_MS * 2 ** Math.min(20, this.#failures - 1))
    onRetry?.(error, waitMs)
    return waitMs
  }

  async #connect(): Promise<Database> {
    const { config, connect = () => databaseOf(config), onConnected } = this.#options
    const database = await connect()
    for (const table of this.#tables) table.forget()
    onConnected?.(database.address)
    return database
  }

  #openTables(): Promise<TableSource[]> {
    const { config, partitionsOf, commitIntervalMs, signal, onWaiting, onLeft } = this.#options
    const { valueConverterProtoFile: file, valueConverterProtoMessage: message } = config
    const isProtobuf = config.valueConverter === 'protobuf'
    const values = isProtobuf ? protobufValues(messageType(file!, message!)) : undefined
    return Promise.all(
      config.tableWhitelist.map(async (table) => {
        const topic = `${config.topicPrefix}${topicPart(table)}`
        const to = { topic, partitions: await partitionsOf(topic) }
        return new TableSource({
          ...{ table, to, config, output: this.#output, values, commitIntervalMs, signal },
          onWaiting: (waitedMs, processes) => onWaiting?.(table, waitedMs, processes),
          onLeft: (left) => onLeft?.(table, left),
          commit: (_table, place) => this.#commit(table, topic, place),
        })
      }),
    )
  }

  async #commit(table: string, topic: string, place: Place): Promise<void> {
    const places = new Map(this.#places).set(table, place)
    const rows = await this.#output.commit(places)
    this.#places.set(table, place)
    this.#committed += rows
    // A database that answers in between is not one that is down.
    this.#failures = 0
    this.#options.onCommitted?.(table, topic, rows, place)
  }
}

function databaseOf(config: SourceConfig): Promise<Database> {
  const { connectionUrl: url, connectionUser: user, connectionPassword: password, name } = config
  if (url.startsWith('pglite:')) return openPGlite(url)
  return connectServer({ url, user, password, applicationName: `millrace ${name}` })
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
