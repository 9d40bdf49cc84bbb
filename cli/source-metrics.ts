// What a source tells Prometheus, and whether it reads: /metrics and /healthz of `millrace connect --metrics`.
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SourceConfig } from '../config/source.ts'
import type { Left } from '../connect/postgres/query.ts'
import type { SourceEvents } from '../connect/postgres/source.ts'
import {
  SideCounts,
  sampleOf,
  sideFamily,
  single,
  type SideFamily,
} from '../runtime/metrics/side-catalogue.ts'
import type { MetricSample } from '../runtime/metrics/snapshot.ts'
import { renderMetrics } from '../server/prometheus.ts'
import { UsageError } from './exit-codes.ts'

const REQUEST_MS_MAX = 5_000

/** The figures of a source; names are Kafka Connect's where it has them. */
export class SourceMetrics {
  readonly events: SourceEvents
  readonly #source: string
  readonly #written = new SideCounts()
  readonly #retries = new SideCounts()
  readonly #left = new Map<string, Left>()
  #polls = 0
  #polledMs: number | undefined
  #committedMs = 0
  #waitedMs = 0
  /** What keeps the source from reading; undefined while it reads. */
  #problem: string | undefined = 'not connected yet'

  constructor({ name }: Pick<SourceConfig, 'name'>) {
    this.#source = name
    this.events = {
      onConnected: () => (this.#problem = 'connected, and nothing read yet'),
      onCommitted: (table, topic, rows) => {
        this.#written.add({ table, topic }, rows)
        this.#committedMs = Date.now()
        this.#waitedMs = 0
        this.#problem = undefined
      },
      onLeft: (table, left) => {
        if (left !== undefined) this.#left.set(table, left)
      },
      onPolled: () => {
        this.#polls += 1
        this.#polledMs = Date.now()
        this.#waitedMs = 0
        this.#problem = undefined
      },
      onRetry: ({ code, message }) => {
        this.#retries.add({ code }, 1)
        this.#problem = message
      },
      onWaiting: (_table, waitedMs) => (this.#waitedMs = waitedMs),
    }
  }

  /** As of now, for `renderMetrics`. */
  get families(): readonly SideFamily[] {
    return [
      sideFamily('kafka_connect_source_record_write_total', this.#written.samples),
      sideFamily('kafka_connect_source_poll_total', single(this.#polls)),
      sideFamily('kafka_connect_source_retries_total', this.#retries.samples),
      sideFamily('kafka_connect_source_running', single(this.#problem === undefined ? 1 : 0)),
      sideFamily('kafka_connect_source_lag_records', this.#lags('rows')),
      sideFamily('kafka_connect_source_lag_seconds', this.#lags('seconds')),
      sideFamily(
        'kafka_connect_source_last_poll_timestamp_seconds',
        this.#polledMs === undefined ? [] : single(this.#polledMs / 1_000),
      ),
      sideFamily(
        'kafka_connect_source_last_commit_timestamp_seconds',
        single(this.#committedMs / 1_000),
      ),
      sideFamily('kafka_connect_source_writers_wait_seconds', single(this.#waitedMs / 1_000)),
    ]
  }

  #lags(unit: keyof Left): readonly MetricSample[] {
    return [...this.#left].flatMap(([table, left]) => {
      const value = left[unit]
      return value === undefined ? [] : [sampleOf({ table }, value)]
    })
  }

  /**
   * Serves until the result is closed; loopback unless `host` says otherwise.
   * @throws UsageError when it cannot listen there
   */
  async serve(host: string, port: number): Promise<{ readonly url: string; close(): void }> {
    const limits = { requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX }
    const server = createServer(limits, ({ url }, response) => void this.#answer(url, response))
    await listen(server, host, port)
    server.unref()
    const { port: taken } = server.address() as AddressInfo
    return {
      url: `http://${host}:${taken}`,
      close: () => {
        server.close()
        server.closeAllConnections()
      },
    }
  }

  async #answer(url: string | undefined, response: ServerResponse): Promise<void> {
    if (url === '/metrics') {
      const { contentType, text } = await renderMetrics(this.families, this.#source)
      response.writeHead(200, { 'content-type': contentType }).end(text)
    } else if (url === '/healthz') {
      const problem = this.#problem
      const text = `${problem ?? 'ok'}\n`
      response
        .writeHead(problem === undefined ? 200 : 503, { 'content-type': 'text/plain' })
        .end(text)
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('/metrics, /healthz\n')
    }
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`--metrics ${port}: ${reason}; give another port, 0 for a free one`)
  }
}
