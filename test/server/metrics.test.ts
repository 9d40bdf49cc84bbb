import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { METRICS } from '../../runtime/metrics/catalogue.ts'
import { startServer, type RunningServer } from '../../server/http-server.ts'
import { renderMetrics } from '../../server/prometheus.ts'
import { toolOrSkip } from '../support/tools.ts'
import { syntheticJob } from './synthetic-job.ts'

const seriesIn = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

describe('GET /metrics', () => {
  const job = syntheticJob(32)
  let server: RunningServer
  let lines: string[]

  before(async () => {
    server = await startServer({
      port: 0,
      applicationId: 'synthetic',
      metrics: () => job.metrics(),
      health: () => ({ status: 'ok', reasons: [] }),
      progress: () => [],
      watchProgress: () => () => undefined,
      topology: () => '',
      onError: (error) => {
        throw error
      },
    })
    job.step(1_000)
    lines = (await scrape()).split('\n')
  })
  after(() => server.close())

  async function scrape(): Promise<string> {
    return (await fetch(`${server.url}/metrics`)).text()
  }

  it('has the content type without which Prometheus 3 refuses a scrape', async () => {
    const { headers } = await fetch(`${server.url}/metrics`)
    expect(headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8')
  })

  it('serves every metric of the catalogue, with help and type', () => {
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(lines).to.include(`# TYPE ${name} ${type}`).and.include(`# HELP ${name} ${help}`)
    }
  })

  it('writes a histogram with cumulative buckets, sum and count', () => {
    const name = 'kafka_stream_task_record_lateness_seconds'
    const labels = 'application_id="synthetic"'
    const values = lines.filter((line) => line.startsWith(name))
    expect(values).to.include(`${name}_bucket{le="0.1",${labels}} 12`)
    expect(values).to.include(`${name}_bucket{le="+Inf",${labels}} 24`)
    expect(values).to.include(`${name}_count{${labels}} 24`)
    expect(values.find((line) => line.startsWith(`${name}_sum`))).to.match(/ 13\.33/)
  })

  it('labels every series with the application, the process too', () => {
    const series = lines.filter((line) => line !== '' && !line.startsWith('#'))
    for (const line of series) expect(line).to.include('application_id="synthetic"')
    expect(series.some((line) => line.startsWith('process_start_time_seconds{'))).to.equal(true)
    expect(series.some((line) => line.startsWith('nodejs_eventloop_lag_p99_seconds{'))).to.equal(
      true,
    )
  })

  it('stays under 3,000 series with 64 tasks that have run on two threads', async () => {
    const { text } = await renderMetrics(job.metrics('INFO'), 'synthetic')
    expect(seriesIn(text).length).to.be.within(1_000, 3_000)
    expect(text).not.to.include('kafka_stream_processor_node_process_total')
  })

  it('stays under 10,000 with metrics.recording.level=DEBUG and twelve operators a task', () => {
    const series = seriesIn(lines.join('\n'))
    const byOperator = series.filter((line) => line.includes('processor_node_process_total'))
    expect(byOperator).to.have.length(64 * 12)
    expect(series.length).to.be.within(1_000 + 64 * 12, 10_000)
  })

  it('moves on from one scrape to the next', async () => {
    const name = 'kafka_producer_txn_commits_total'
    const valueOf = (text: string) => Number(text.match(new RegExp(`^${name}.* (\\d+)$`, 'm'))?.[1])
    const before = valueOf(await scrape())
    job.step(2_000)
    expect(valueOf(await scrape())).to.equal(before + 1)
  })

  it('passes promtool check metrics', async function () {
    const promtool = toolOrSkip(this, 'promtool')
    execFileSync(promtool, ['check', 'metrics'], { input: await scrape(), stdio: 'pipe' })
  })
})
