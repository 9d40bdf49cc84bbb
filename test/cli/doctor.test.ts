import { expect } from 'chai'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ADDON_OFF } from '../../broker/native/addon.ts'
import { BrokerError } from '../../broker/ports.ts'
import type { Finding } from '../../cli/doctor/finding.ts'
import { checkAddon, checkClient, checkNode } from '../../cli/doctor/installation.ts'
import { streamsConfig } from '../../config/config.ts'
import { takeInstance } from '../../runtime/instance.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { runCli } from './run-cli.ts'
import { TALLY_JOB } from './tally.ts'

const UNEVEN_JOB = fileURLToPath(new URL('../fixtures/uneven-job.js', import.meta.url))

describe('doctor', function () {
  this.timeout(30_000)
  const logs = embeddedLogs()
  const path = temporaryDirectory()
  const free = ['--set', 'server.port=0']

  async function findings(
    ...args: string[]
  ): Promise<{ readonly code: number | null; readonly all: readonly Finding[] }> {
    const { code, stdout } = await runCli('doctor', '--json', ...args)
    return { code, all: JSON.parse(stdout) as Finding[] }
  }
  const of = (all: readonly Finding[], check: string, status: Finding['status']) =>
    all.filter((each) => each.check === check && each.status === status)

  it('has a line for each check and exit code 0 where nothing is wrong, and makes nothing', async () => {
    const directory = logs.directory('none')
    const log = ['--set', `bootstrap.servers=embedded:${directory}`]
    const { code, stdout, stderr } = await runCli('doctor', TALLY_JOB, ...log, ...free)
    expect(stderr).to.equal('')
    expect(code).to.equal(0)
    const checks = stdout.trim().split('\n')
    for (const line of checks) expect(line).to.match(/^(ok|warning) {2,}[a-z]+ {2,}\S/)
    expect(new Set(checks.map((line) => line.split(/ +/)[1]))).to.include.all.keys(
      ...['node', 'addon', 'client', 'configuration', 'log', 'broker', 'port'],
    )
    expect(existsSync(directory)).to.equal(false)
  })

  it('finds what is missing and what does not fit among the topics of a job', async () => {
    const broker = await logs.open('topics')
    await broker.ensureTopics([
      { name: 'tally-by-page-repartition', partitions: 3 },
      { name: 'uneven-left', partitions: 2 },
      { name: 'uneven-right', partitions: 3 },
    ])
    const log = ['--set', `bootstrap.servers=${broker.address}`, '--set', 'topic.partitions=2']
    const tally = await findings(TALLY_JOB, ...log, ...free)
    expect(of(tally.all, 'topics', 'warning')[0]?.message).to.equal(
      'tally-visits, which the job reads, is not there',
    )
    const [wrong] = of(tally.all, 'topics', 'problem')
    expect(wrong?.message).to.equal('tally-by-page-repartition has 3 partitions where 2 are needed')
    expect(wrong?.hint).to.contain('millrace reset')
    expect(tally.code).to.equal(1)
    const uneven = await findings(UNEVEN_JOB, ...log, ...free)
    expect(of(uneven.all, 'topics', 'problem')[0]?.message).to.contain(
      'uneven-left has 2, uneven-right has 3',
    )
  })

  it('finds everything that is wrong with the configuration, and shows no secret', async () => {
    const wrong = ['poll.ms=x', 'acks=1', 'sasl.password=tell-nobody']
    const { code, stdout, stderr } = await runCli(
      ...['doctor', ...wrong.flatMap((setting) => ['--set', setting])],
    )
    const lines = stdout.split('\n').filter((line) => line.startsWith('problem  configuration'))
    expect(lines.map((line) => line.split(': ')[1])).to.have.members([
      ...['poll.ms', 'acks', 'sasl.password'],
    ])
    expect(stderr).to.equal('error: 3 problems were found\n')
    expect(stdout).not.to.contain('tell-nobody')
    expect(code).to.equal(1)
  })

  it('finds a broker that does not answer, and who has a state directory', async () => {
    const instance = takeInstance(path('state'), 'tally', () => undefined)
    const settings = [
      ...['bootstrap.servers=127.0.0.1:1', `state.dir=${path('state')}`],
      ...['security.protocol=sasl_plaintext', 'sasl.mechanism=PLAIN', 'sasl.username=me'],
      'sasl.password=tell-nobody',
    ]
    const on = settings.flatMap((setting) => ['--set', setting])
    const { code, all } = await findings(TALLY_JOB, ...on, ...free)
    instance.release()
    const [broker] = of(all, 'broker', 'problem')
    expect(broker?.message).to.match(/^no Kafka broker answered at 127\.0\.0\.1:1 /)
    const locked = of(all, 'state', 'warning').map(({ message }) => message)
    expect(locked.join()).to.match(/\/state\/tally is locked by process \d+ on /)
    expect(JSON.stringify(all)).not.to.contain('tell-nobody')
    expect(code).to.equal(1)
  })

  it('finds a directory in which it may not write', async function () {
    if (process.getuid?.() === 0) this.skip()
    mkdirSync(path('closed'))
    chmodSync(path('closed'), 0o500)
    const log = `bootstrap.servers=embedded:${path('closed')}/log`
    const { code, all } = await findings('--set', log, ...free)
    expect(of(all, 'log', 'problem')[0]?.message).to.contain('is not writable')
    expect(code).to.equal(1)
  })

  it('finds a file where a directory should be', async () => {
    writeFileSync(path('file'), '')
    const { code, all } = await findings('--set', `bootstrap.servers=embedded:${path('file')}`)
    expect(of(all, 'log', 'problem')[0]?.message).to.equal(`${path('file')} is no directory`)
    expect(code).to.equal(1)
  })

  it('finds a port that is taken, and a job that is not there', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const log = `bootstrap.servers=embedded:${path('log')}`
    const { all } = await findings('polise-calls', '--set', `server.port=${port}`, '--set', log)
    server.close()
    expect(of(all, 'port', 'problem')[0]?.message).to.equal(`127.0.0.1:${port} is taken`)
    expect(of(all, 'job', 'problem')[0]?.message).to.contain('Did you mean police-calls?')
  })

  it('finds that the addon is missing, why, and what to do', async () => {
    process.env[ADDON_OFF] = '1'
    try {
      const { code, all } = await findings('--set', `bootstrap.servers=embedded:${path('log')}`)
      const [addon] = of(all, 'addon', 'warning')
      expect(addon?.message).to.contain(`${ADDON_OFF} is set`)
      expect(addon?.hint).to.contain('npm rebuild millrace')
      expect(code).to.be.oneOf([0, 1])
    } finally {
      Reflect.deleteProperty(process.env, ADDON_OFF)
    }
  })
})

describe('what doctor says of the installation', () => {
  const kafka = (settings = {}) => streamsConfig({ 'bootstrap.servers': 'h:1', ...settings })
  const client = (...features: string[]) => {
    return () => Promise.resolve({ librdkafka: '2.12.0', isTested: true, features })
  }

  it('is a problem with a Node that is too old', () => {
    expect(checkNode('20.18.3').status).to.equal('problem')
    for (const version of ['20.19.0', '22.0.0', '24.1.0'])
      expect(checkNode(version).status).to.equal('ok')
  })

  it('names the tools that building the addon takes', () => {
    const { hint } = checkAddon({ addon: undefined, reason: 'x' }, ['a C++ compiler', 'make'])
    expect(hint).to.equal('install a C++ compiler, make, then run "npm rebuild millrace"')
  })

  it('is a problem without a client only where Kafka is asked for', async () => {
    const none = () => Promise.reject(new BrokerError('MILLRACE_BROKER_CLIENT_MISSING', 'none'))
    expect((await checkClient(streamsConfig(), none)).map(({ status }) => status)).to.eql(['ok'])
    expect((await checkClient(kafka(), none)).map(({ status }) => status)).to.eql(['problem'])
  })

  it('tells codecs that are missing, and what security.protocol needs', async () => {
    const some = client('gzip', 'snappy', 'lz4', 'ssl')
    const [, codecs] = await checkClient(kafka(), some)
    expect(codecs?.status).to.equal('warning')
    expect(codecs?.hint).to.equal(
      'install libzstd-dev, libsasl2-dev, then run "npm rebuild node-rdkafka"',
    )
    const [, needed] = await checkClient(kafka({ 'security.protocol': 'SASL_SSL' }), some)
    expect(needed?.status).to.equal('problem')
    expect(needed?.message).to.contain('without sasl')
  })

  it('warns of a librdkafka that the addon was not tested with', async () => {
    const other = () =>
      Promise.resolve({ librdkafka: '3.0.0', isTested: false, features: ['gzip'] })
    const [tested] = await checkClient(kafka(), other)
    expect(tested?.status).to.equal('warning')
    expect(tested?.message).to.contain('librdkafka 3.0.0')
  })
})
