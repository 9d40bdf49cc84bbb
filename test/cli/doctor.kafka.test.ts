import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import type { Finding } from '../../cli/doctor/finding.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { sharedKafka } from '../support/kafka.ts'
import { until } from '../support/until.ts'
import { runCli, startCli, type Running } from './run-cli.ts'
import { TALLY_JOB } from './tally.ts'

describe('doctor, on Kafka', function () {
  this.timeout(90_000)
  const path = temporaryDirectory()
  const applicationId = `doctored-${Date.now()}`
  let here: string[]
  let live: Running | undefined
  after(() => live?.child.kill('SIGKILL'))

  async function findings(check: string): Promise<string[]> {
    const { stdout } = await runCli('doctor', TALLY_JOB, '--json', ...here)
    const all = JSON.parse(stdout) as Finding[]
    return all
      .filter((each) => each.check === check)
      .map(({ status, message }) => `${status}: ${message}`)
  }

  before(async () => {
    const { bootstrapServers } = await sharedKafka()
    here = [
      `bootstrap.servers=${bootstrapServers}`,
      `application.id=${applicationId}`,
      `state.dir=${path('state')}`,
      'server.enabled=false',
    ].flatMap((setting) => ['--set', setting])
    const broker = await openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test' })
    await broker.ensureTopics([
      // Without rows: the tests of reset count those that they write.
      { name: 'tally-visits', partitions: 2 },
      { name: `${applicationId}-visits-by-page-changelog`, partitions: 5 },
    ])
    await broker.close()
  })

  it('names its brokers, and a changelog that does not fit', async () => {
    const [broker] = await findings('broker')
    expect(broker).to.match(/^ok: (\S+) answers, brokers: 1 \(\1\), topics: \d+$/)
    const topics = await findings('topics')
    expect(topics[0]).to.equal(
      `problem: ${applicationId}-visits-by-page-changelog has 5 partitions where 2 are needed`,
    )
    // Made without settings it is one that is deleted by age.
    expect(topics[1]).to.contain(
      `problem: the topic ${applicationId}-visits-by-page-changelog has cleanup.policy=delete where compact is needed`,
    )
    expect(topics[2]).to.contain('tally-visits 2')
    expect(await findings('group')).to.deep.equal([`ok: ${applicationId} does not run`])
  })

  it('says who is in the group and who has the state directory', async () => {
    const { code, stderr } = await runCli('reset', TALLY_JOB, '--execute', ...here)
    expect(code, stderr).to.equal(0)
    live = startCli(['start', TALLY_JOB, ...here])
    const { stderr: said, child } = live
    await until('the job runs', () => said().includes('is running'))
    let group: string[] = []
    await until('it has joined', async () => {
      group = await findings('group')
      return group[0]?.includes('members: 1') === true
    })
    expect(group[0]).to.match(new RegExp(`^ok: ${applicationId} runs, members: 1 \\(.* on /.*\\)$`))
    const state = await findings('state')
    expect(state.at(-1)).to.match(
      new RegExp(`^warning: .*${applicationId} is locked by process ${child.pid} on `),
    )
    child.kill('SIGINT')
    expect((await live.ended).code).to.equal(0)
  })
})
