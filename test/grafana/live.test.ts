import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { SourceMetrics } from '../../cli/source-metrics.ts'
import { startServer, type RunningServer } from '../../server/http-server.ts'
import { syntheticJob } from '../server/synthetic-job.ts'
import { checkBoard } from '../support/prometheus.ts'
import { toolOrSkip } from '../support/tools.ts'

/** When an alert is looked for, and what is to be found. */
interface RuleTest {
  readonly alertname: string
  readonly exp_alerts: readonly unknown[]
}

describe('Prometheus and the board', () => {
  const job = syntheticJob(2)
  let server: RunningServer
  let source: Awaited<ReturnType<SourceMetrics['serve']>>
  let timer: NodeJS.Timeout

  before(async () => {
    server = await startServer({
      port: 0,
      applicationId: 'synthetic',
      metrics: job.metrics,
      health: () => ({ status: 'ok', reasons: [] }),
      progress: () => [],
      watchProgress: () => () => undefined,
      topology: () => '',
      ingest: {
        ...{ topics: ['visits'], token: undefined, recordsPerSecond: 100, requestMaxBytes: 1_000 },
        ...{ bufferBytes: 10_000, serdesOf: () => undefined },
        partitions: () => Promise.resolve(1),
        post: () => Promise.resolve([0]),
      },
      onError: (error) => {
        throw error
      },
    })
    const posted = await fetch(`${server.url}/topics/visits`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.kafka.json.v2+json' },
      body: '{"records":[{"value":1}]}',
    })
    expect(posted.status).to.equal(200)
    const figures = new SourceMetrics({ name: 'stations' })
    figures.events.onCommitted?.('stations', 'transit.stations', 230, {})
    figures.events.onPolled?.()
    figures.events.onLeft?.('stations', { rows: 12 })
    figures.events.onLeft?.('weather', { seconds: 3 })
    source = await figures.serve('127.0.0.1', 0)
    timer = setInterval(() => job.step(Date.now()), 100)
  })
  after(async () => {
    clearInterval(timer)
    source.close()
    await server.close()
  })

  it('accepts the scrape configuration and the alert rules', function () {
    const promtool = toolOrSkip(this, 'promtool')
    execFileSync(promtool, ['check', 'config', 'prometheus/prometheus.yml'], { stdio: 'pipe' })
    execFileSync(promtool, ['test', 'rules', 'prometheus/rules-test.yml'], { stdio: 'pipe' })
  })

  it('has a test for each alert in which it fires, and one in which it does not', () => {
    const read = (file: string): unknown => parse(readFileSync(`prometheus/${file}`, 'utf8'))
    const { groups } = read('rules.yml') as { groups: { rules: { alert: string }[] }[] }
    const { tests } = read('rules-test.yml') as { tests: { alert_rule_test: RuleTest[] }[] }
    const all = tests.flatMap(({ alert_rule_test }) => alert_rule_test)
    for (const { alert } of groups.flatMap(({ rules }) => rules)) {
      const fires = all
        .filter(({ alertname }) => alertname === alert)
        .map(({ exp_alerts }) => exp_alerts.length > 0)
      expect(fires, alert).to.include(true)
      // Not before, and not any more.
      expect(fires.at(0), alert).to.equal(false)
      expect(fires.at(-1), alert).to.equal(false)
    }
  })

  it('finds data for every panel, variable and mark of a busy job', async function () {
    this.timeout(60_000)
    const prometheus = toolOrSkip(this, 'prometheus')
    const metricsUrl = `${server.url}/metrics`
    const sourceUrl = `${source.url}/metrics`
    expect(await checkBoard({ metricsUrl, sourceUrl, prometheus })).to.deep.equal([])
  })

  it('tells a query without data, one without numbers and one that is wrong', async function () {
    this.timeout(60_000)
    const prometheus = toolOrSkip(this, 'prometheus')
    const queries = [
      { title: 'fine', expr: 'kafka_stream_client_state' },
      { title: 'quiet', expr: 'ALERTS{alertname="None"}' },
      { title: 'gone', expr: 'kafka_stream_no_such_metric' },
      { title: 'hollow', expr: 'kafka_stream_client_state * NaN' },
      { title: 'broken', expr: 'sum(' },
    ]
    const metricsUrl = `${server.url}/metrics`
    const options = { metricsUrl, prometheus, queries, mayBeEmpty: ['quiet'], timeoutMs: 9_000 }
    const [gone, hollow, broken, ...others] = await checkBoard(options)
    expect(gone).to.equal('gone: no data: kafka_stream_no_such_metric')
    expect(hollow).to.equal('hollow: no data: kafka_stream_client_state * NaN')
    expect(broken).to.match(/^broken: .*parse error/)
    expect(others).to.deep.equal([])
  })
})
