import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { startServer, type RunningServer } from '../../server/http-server.ts'
import { syntheticJob } from '../server/synthetic-job.ts'
import { checkBoard } from '../support/prometheus.ts'
import { toolOrSkip } from '../support/tools.ts'

describe('Prometheus and the board', () => {
  const job = syntheticJob(2)
  let server: RunningServer
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
      onError: (error) => {
        throw error
      },
    })
    timer = setInterval(() => job.step(Date.now()), 100)
  })
  after(async () => {
    clearInterval(timer)
    await server.close()
  })

  it('accepts the scrape configuration and the alert rules', function () {
    const promtool = toolOrSkip(this, 'promtool')
    execFileSync(promtool, ['check', 'config', 'prometheus/prometheus.yml'], { stdio: 'pipe' })
    execFileSync(promtool, ['test', 'rules', 'prometheus/rules-test.yml'], { stdio: 'pipe' })
  })

  it('finds data for every panel, variable and mark of a busy job', async function () {
    this.timeout(60_000)
    const prometheus = toolOrSkip(this, 'prometheus')
    const metricsUrl = `${server.url}/metrics`
    expect(await checkBoard({ metricsUrl, prometheus })).to.deep.equal([])
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
