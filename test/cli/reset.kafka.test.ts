import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { ADDON_OFF } from '../../broker/native/addon.ts'
import { openBroker } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'
import { takeInstance } from '../../runtime/instance.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { sharedKafka } from '../support/kafka.ts'
import { until } from '../support/until.ts'
import { runCli, startCli, type Ended, type Running } from './run-cli.ts'
import { expectedTallies, TALLY_JOB, tallies, VISITS, writeVisits } from './tally.ts'

describe('reset, on Kafka', function () {
  this.timeout(90_000)
  const path = temporaryDirectory()
  const applicationId = `tally-${Date.now()}`
  const internal = ['by-page-repartition', 'visits-by-page-changelog'].map(
    (name) => `${applicationId}-${name}`,
  )
  let broker: Broker
  let here: string[]
  let live: Running | undefined
  const run = () => runCli('start', TALLY_JOB, '--once', ...here)
  const reset = (...args: string[]) => runCli('reset', TALLY_JOB, ...here, ...args)
  const own = async (): Promise<string[]> =>
    (await broker.topics()).map(({ name }) => name).filter((name) => name.includes(applicationId))

  before(async () => {
    const { bootstrapServers } = await sharedKafka()
    here = [
      `bootstrap.servers=${bootstrapServers}`,
      `application.id=${applicationId}`,
      `state.dir=${path('state')}`,
      'processing.guarantee=exactly_once_v2',
      // As short as the broker allows: an instance counts for so long after its end.
      'consumer.session.timeout.ms=6000',
      'server.enabled=false',
    ].flatMap((setting) => ['--set', setting])
    broker = await openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test' })
    await writeVisits(broker)
    const { code, stderr } = await run()
    expect(code, stderr).to.equal(0)
  })
  after(async () => {
    live?.child.kill('SIGKILL')
    await broker.close()
  })

  it('says what it would do, and changes nothing', async () => {
    const { code, stdout, stderr } = await reset()
    expect(code, stderr).to.equal(0)
    expect(stderr).to.equal('')
    expect(stdout.split('\n').slice(1, 5)).to.deep.equal([
      `topics   delete ${internal[0]}, partitions: 2`,
      `topics   delete ${internal[1]}, partitions: 2`,
      'offsets  set tally-visits/0 to 0, committed: 200',
      'offsets  set tally-visits/1 to 0, committed: 200',
    ])
    expect(stdout).to.contain(`state    delete what 4 tasks have in ${path('state')}`)
    expect(await own()).to.have.members(internal)
    expect(existsSync(path(`state/${applicationId}`))).to.equal(true)
    expect((await reset()).stdout).to.equal(stdout)
  })

  it('finds offsets by the time of their records', async () => {
    const { stdout } = await reset('--to-datetime', '1970-01-01T00:16:50')
    expect(stdout).to.contain('set tally-visits/0 to 51,').and.contain('set tally-visits/1 to 50,')
    const latest = await reset('--by-duration', 'PT1S')
    expect(latest.stdout).to.contain('set tally-visits/0 to 200,')
  })

  it('is refused while another process has the state directory, and names it', async () => {
    const instance = takeInstance(path('state'), applicationId, () => undefined)
    try {
      const { code, stderr } = await reset('--execute')
      expect(stderr).to.match(
        new RegExp(`^error: .*${applicationId} is in use by process ${process.pid} on .*\n$`),
      )
      expect(code).to.equal(3)
    } finally {
      instance.release()
    }
    expect(await own()).to.have.members(internal)
  })

  it('lets the job count anew: the same tables, written once more', async () => {
    const others = [`${applicationId}-older-changelog`, `${applicationId}2-by-page-repartition`]
    await broker.ensureTopics(others.map((name) => ({ name, partitions: 1 })))
    const { code, stdout, stderr } = await reset('--execute')
    expect(code, stderr).to.equal(0)
    expect(stdout).to.contain(`topics   keep ${others[0]}: it is none of this job`)
    expect(stdout).to.match(/done: topics {3}2 deleted\ndone: offsets {2}2 set\ndone: state .*\n/)
    expect(await own()).to.have.members(others)
    expect(existsSync(path(`state/${applicationId}`))).to.equal(false)
    const again = await run()
    expect(again.code, again.stderr).to.equal(0)
    const { last, rows } = await tallies(broker)
    expect(last).to.deep.equal(expectedTallies())
    // Beside them lie the marks of transactions.
    expect(rows).to.be.at.least(2 * VISITS)
  })

  it('is refused while there are members, says how many; by Kafka itself without the addon', async () => {
    // Longer than a loaded machine takes to begin a reset: the session must not be over by then.
    const longer = ['--set', 'consumer.session.timeout.ms=20000']
    live = startCli(['start', TALLY_JOB, ...here, ...longer])
    const { stderr: said } = live
    await until('the job runs', () => said().includes('is running'))
    let refused: Ended | undefined
    await until('it has joined', async () => (refused = await reset()).code === 3)
    expect(refused?.stderr).to.match(
      new RegExp(`^error: the group ${applicationId} has 1 active member \\(.* on .*\\): stop all`),
    )
    process.env[ADDON_OFF] = '1'
    try {
      // As on another machine: here the state directory would tell.
      const elsewhere = ['--set', `state.dir=${path('elsewhere')}`]
      const dry = await reset(...elsewhere)
      expect(dry.stdout).to.contain('members  unknown: that takes the native addon')
      const { code, stderr } = await reset('--execute', ...elsewhere)
      expect(stderr).to.match(
        new RegExp(`^error: the group ${applicationId} has at least one active member: stop all`),
      )
      expect(code).to.equal(3)
      expect(await own()).to.include.members(internal)
    } finally {
      Reflect.deleteProperty(process.env, ADDON_OFF)
    }
    live.child.kill('SIGKILL')
    await live.ended
    const after = await reset(...longer)
    expect(after.stderr).to.equal('waiting for the session of the last run to end, 25 s at most\n')
    expect(after.code).to.equal(0)
  })
})
