// What a source tells Prometheus, and whether it reads: /metrics and /healthz of `millrace connect --metrics`.
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SourceConfig } from '../config/source.ts'
import type { SourceEvents } from '../connect/postgres/source.ts'
import type { MetricSample } from '../runtime/metrics/snapshot.ts'
import { renderMetrics, type TextFamily } from '../server/prometheus.ts'
import { UsageError } from './exit-codes.ts'

const REQUEST_MS_MAX = 5_000

/** The figures of a source; names are Kafka Connect's where it has them. */
export class SourceMetrics {
  readonly events: SourceEvents
  readonly #source: string
  readonly #written = new Map<string, MetricSample>()
  readonly #retries = new Map<string, MetricSample>()
  #polls = 0
  #committedMs = 0
  #waitedMs = 0
  /** What keeps the source from reading; undefined while it reads. */
  #problem: string | undefined = 'not connected yet'

  constructor({ name }: SourceConfig) {
    this.#source = name
    this.events = {
      onConnected: () => (this.#problem = 'connected, and nothing read yet'),
      onCommitted: (table, topic, rows) => {
        add(this.#written, { table, topic }, rows)
        this.#committedMs = Date.now()
        this.#waitedMs = 0
        this.#problem = undefined
      },
      onPolled: () => {
        this.#polls += 1
        this.#waitedMs = 0
        this.#problem = undefined
      },
      onRetry: ({ code, message }) => {
        add(this.#retries, { code }, 1)
        this.#problem = message
      },
      onWaiting: (_table, waitedMs) => (this.#waitedMs = waitedMs),
    }
  }

  /** As of now, for `renderMetrics`. */
  get families(): readonly TextFamily[] {
    const one = (value: number): MetricSample[] => [sample({}, value)]
    return [
      family('source_record_write_total', 'counter', 'Rows that were committed to a topic.', [
        ...this.#written.values(),
      ]),
      family('source_poll_total', 'counter', 'Looks at all tables.', one(this.#polls)),
      family(
        'source_retries_total',
        'counter',
        'Tries that failed and were repeated, by the code of the error.',
        [...this.#retries.values()],
      ),
      family(
        'source_running',
        'gauge',
        'Whether the source reads: 0 while it tries to.',
        one(this.#problem === undefined ? 1 : 0),
      ),
      family(
        'source_last_commit_timestamp_seconds',
        'gauge',
        'When rows were last committed, in seconds since the epoch; 0 before.',
        one(this.#committedMs / 1_000),
      ),
      family(
        'source_writers_wait_seconds',
        'gauge',
        'How long a poll has waited for transactions that write to a table, when it was last told.',
        one(this.#waitedMs / 1_000),
      ),
    ]
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

const sample = (labels: MetricSample['labels'], value: number): MetricSample => ({
  labels,
  value,
  cumulativeCounts: [],
})

function add(to: Map<string, MetricSample>, labels: Record<string, string>, value: number): void {
  const key = Object.values(labels).join(' ')
  to.set(key, sample(labels, (to.get(key)?.value ?? 0) + value))
}

const family = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: TextFamily['samples'],
): TextFamily => ({ name: `kafka_connect_${name}`, help, type, buckets: [], samples })
