// The board over the real job: it runs live, calls are replayed into it, a real Prometheus scrapes it.
import { expect } from 'chai'
import { join } from 'node:path'
import { packageRoot } from '../../config/package-root.ts'
import { writePoliceCalls } from '../../data/police-calls/write.ts'
import { stationsSql } from '../../data/transit/stations-sql.ts'
import { weather } from '../../jobs/transit/topics.ts'
import { setting, startCli, type Running } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { startKafka, type Kafka } from '../support/kafka.ts'
import { READER, startPostgres } from '../support/postgres.ts'
import { checkBoard } from '../support/prometheus.ts'
import { toolOrSkip } from '../support/tools.ts'
import { until } from '../support/until.ts'

/** What has nothing to show on the embedded log: the job's only rebalance is over before the first scrape. */
const EMPTY_ON_EMBEDDED = [
  ...['Rebalance', 'Round trip to the brokers', 'Transactions', 'Standby lag'],
  ...['Standby updates', 'Producer queue, records', 'Errors and retries'],
]

/** What only a job with a source of its own, or one that is posted to, has to show. */
const OF_SOURCES = [
  ...['Rows read from tables', 'Rows not read yet', 'Source lag by time of change'],
  ...['Since tables were looked at', 'Source polls and failures', 'Posted records'],
  ...['Posts by status', 'Bytes of posts', 'Sources that read', 'Since rows came'],
]

/** What only those tell who read the calls: of two instances one may have all their partitions. */
const EMPTY_WITHOUT_SOURCES = ['Lateness of records', 'Alerts']

/** Counts in windows have no pages that could go to a file. */
const OF_PAGES = ['Pages of state']

const STATIONS = join(packageRoot(), 'jobs', 'transit', 'stations.properties')

/** Posts the weather; what became of it is on the board. */
async function postWeather(url: string): Promise<void> {
  const value = { timestamp: Date.now(), temperature: 50, status: 'windy' }
  await fetch(new URL(`/topics/${weather.name}`, url), {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.kafka.json.v2+json' },
    body: JSON.stringify({ records: [{ key: 'chicago', value }] }),
  }).catch(() => undefined)
}

describe('the board of a job at work', function () {
  this.timeout(240_000)
  const path = temporaryDirectory()
  const running: Running[] = []
  let kafka: Kafka | undefined
  let tries = 0

  before(async () => {
    const file = path('calls.json')
    await writePoliceCalls({ rows: 60_000, seed: 1, file, format: 'array', faults: 0.01 })
  })
  afterEach(() => running.splice(0).forEach(({ child }) => child.kill('SIGKILL')))
  after(() => kafka?.stop())

  /** Runs job and replay, and checks every query; `mayBeEmpty` are panels that have nothing to show. */
  const check = async (
    prometheus: string,
    settings: readonly string[],
    mayBeEmpty: readonly string[],
  ): Promise<void> => {
    // Only then the durations of operations on stores are measured.
    const all = [...settings, 'server.port=0', 'metrics.recording.level=DEBUG']
    const here = all.flatMap((setting) => ['--set', setting])
    const job = startCli(['start', 'police-calls', ...here, '--set', 'num.stream.threads=2'])
    running.push(job)
    await until('the job runs', () => /"url":"[^"]+"/.test(job.stderr()))
    const [, url = ''] = /"url":"([^"]+)"/.exec(job.stderr()) ?? []
    running.push(startCli(['replay', path('calls.json'), ...here, '--rate', '1000', '--repeat']))
    const metricsUrl = new URL('/metrics', url).href
    const mayLack = [...mayBeEmpty, ...OF_SOURCES, ...OF_PAGES]
    const problems = await checkBoard({ metricsUrl, prometheus, mayBeEmpty: mayLack })
    const said = `the job, exit code ${job.child.exitCode}: ${job.stderr().slice(-3_000)}`
    expect(problems, said).to.deep.equal([])
    job.child.kill('SIGTERM')
    const { code, stderr } = await job.ended
    expect(code, stderr).to.equal(0)
  }

  it('shows data in every panel, on the embedded log', async function () {
    const prometheus = toolOrSkip(this, 'prometheus')
    await check(prometheus, [`bootstrap.servers=embedded:${path('log')}`], EMPTY_ON_EMBEDDED)
  })

  it('shows data of the trains in every panel, too, of their source and of what is posted', async function () {
    const prometheus = toolOrSkip(this, 'prometheus')
    const postgres = await startPostgres()
    let timer: NodeJS.Timeout | undefined
    try {
      await postgres.owner.query(stationsSql())
      const log = { 'bootstrap.servers': `embedded:${path('trains')}` }
      const from = { 'connection.url': postgres.url, 'poll.interval.ms': 200 }
      const role = { 'connection.user': READER.user, 'connection.password': READER.password }
      const source = startCli(
        ['connect', STATIONS, '--metrics', '0', ...setting({ ...log, ...from, ...role })],
        [],
        'export CTA_PASSWORD=unused; ',
      )
      running.push(source)
      const sourceUrl = (): string | undefined => /"url":"([^"]+)"/.exec(source.stderr())?.[1]
      await until('the stations are read', async () => {
        const answer = await fetch(`${sourceUrl()}/metrics`).catch(() => undefined)
        return / 230$/m.test((await answer?.text()) ?? '')
      })
      const here = setting({
        ...{ ...log, 'server.port': 0, 'metrics.recording.level': 'DEBUG' },
        ...{ 'num.stream.threads': 2, 'server.ingest.topics': weather.name },
      })
      const demo = startCli(['demo', 'transit', '--speed', '600', ...here])
      running.push(demo)
      await until('the page is told', () => /^Job: .*$/m.test(demo.stdout()))
      const [, url = ''] = /^Job: +(.*)$/m.exec(demo.stdout()) ?? []
      timer = setInterval(() => void postWeather(url), 200)
      // Nothing is dropped there, so that no alert fires.
      const problems = await checkBoard({
        metricsUrl: new URL('/metrics', url).href,
        sourceUrl: `${sourceUrl()}/metrics`,
        prometheus,
        // The stations are read by their numbers.
        mayBeEmpty: [...EMPTY_ON_EMBEDDED, 'Alerts', 'Source lag by time of change'],
      })
      expect(problems).to.deep.equal([])
      clearInterval(timer)
      for (const { child, ended } of [demo, source]) {
        child.kill('SIGINT')
        expect((await ended).code).to.equal(0)
      }
    } finally {
      clearInterval(timer)
      await postgres.stop()
    }
  })

  it('shows data in every panel, on Kafka and exactly once', async function () {
    const prometheus = toolOrSkip(this, 'prometheus')
    kafka ??= await startKafka()
    tries += 1
    // Another instance has tasks of which the first one keeps copies.
    const both = [
      `bootstrap.servers=${kafka.bootstrapServers}`,
      'processing.guarantee=exactly_once_v2',
      'num.standby.replicas=1',
    ]
    const others = [...both, `state.dir=${path(`other-${tries}`)}`, 'server.enabled=false']
    running.push(startCli(['start', 'police-calls', ...others.flatMap((one) => ['--set', one])]))
    const mayBeEmpty = ['Rebalance', ...EMPTY_WITHOUT_SOURCES]
    await check(prometheus, [...both, `state.dir=${path(`state-${tries}`)}`], mayBeEmpty)
  })
})
