// The board over the real job: it runs live, calls are replayed into it, a real Prometheus scrapes it.
import { expect } from 'chai'
import { writePoliceCalls } from '../../data/police-calls/write.ts'
import { startCli, type Running } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { checkBoard } from '../support/prometheus.ts'
import { toolOrSkip } from '../support/tools.ts'
import { until } from '../support/until.ts'

describe('the board of the police job at work', function () {
  this.timeout(90_000)
  const path = temporaryDirectory()
  const running: Running[] = []
  after(() => running.forEach(({ child }) => child.kill('SIGKILL')))

  it('shows data in every panel', async function () {
    const prometheus = toolOrSkip(this, 'prometheus')
    const here = ['--set', `bootstrap.servers=embedded:${path('log')}`, '--set', 'server.port=0']
    const file = path('calls.json')
    await writePoliceCalls({ rows: 60_000, seed: 1, file, format: 'array', faults: 0.01 })
    const job = startCli(['start', 'police-calls', ...here, '--set', 'num.stream.threads=2'])
    running.push(job)
    await until('the job runs', () => /"url":"[^"]+"/.test(job.stderr()))
    const [, url = ''] = /"url":"([^"]+)"/.exec(job.stderr()) ?? []
    running.push(startCli(['replay', file, ...here, '--rate', '1000']))
    const metricsUrl = new URL('/metrics', url).href
    // The job's only rebalance is over before the first scrape.
    expect(await checkBoard({ metricsUrl, prometheus, mayBeEmpty: ['Rebalance'] })).to.deep.equal(
      [],
    )
    job.child.kill('SIGTERM')
    const { code, stderr } = await job.ended
    expect(code, stderr).to.equal(0)
  })
})
