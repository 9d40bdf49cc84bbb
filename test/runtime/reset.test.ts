// What a reset promises when it goes wrong: nothing happens to an application that runs, and one that was
// half reset is told of and can be reset again.
import { expect } from 'chai'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { groupActive, type GroupAdmin } from '../../broker/group-admin.ts'
import { BrokerError, type Broker } from '../../broker/ports.ts'
import { streamsConfig } from '../../config/config.ts'
import { takeInstance } from '../../runtime/instance.ts'
import { performReset, type ResetPlan, type ResetRequest } from '../../runtime/reset.ts'
import { holdStateDirectory, inspectStateDirectory } from '../../runtime/state-directory.ts'
import { assertTopology } from '../../topology/topology.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'

describe('a reset', () => {
  const path = temporaryDirectory()
  const applicationId = 'app'
  const config = () => streamsConfig({ 'bootstrap.servers': 'h:1', 'state.dir': path('state') })
  const plan: ResetPlan = {
    applicationId,
    topics: [{ name: 'app-a-repartition', partitions: 1 }],
    strangers: [],
    offsets: [{ topic: 'in', partition: 0, from: 5, offset: 0 }],
    missing: [],
    state: undefined,
  }

  /** Notes what is done to it; what is in `failures` fails once. */
  function adminNoting(calls: string[], failures: Record<string, Error>): GroupAdmin {
    const call = (name: string) => (): Promise<void> => {
      const failure = failures[name]
      Reflect.deleteProperty(failures, name)
      if (failure !== undefined) return Promise.reject(failure)
      calls.push(name)
      return Promise.resolve()
    }
    return {
      members: () => Promise.resolve([]),
      committed: () => Promise.resolve([5]),
      offsetsAt: () => Promise.resolve([0]),
      claim: call('claim'),
      setOffsets: call('setOffsets'),
      deleteTopics: call('deleteTopics'),
      close: call('close'),
    }
  }

  function requestWith(admin: GroupAdmin): ResetRequest {
    const topology = assertTopology({ name: 'app', nodes: [], describe: () => '' }, 'app')
    const target = { kind: 'earliest' } as const
    const broker = undefined as unknown as Broker
    return { broker, admin, topology, config: config(), applicationId, target }
  }

  function makeState(): string {
    mkdirSync(path('state/app/0_1'), { recursive: true })
    writeFileSync(path('state/app/0_1/data'), '12345')
    return path('state/app')
  }

  async function failureOf(work: Promise<void>): Promise<BrokerError> {
    try {
      await work
    } catch (error) {
      return error as BrokerError
    }
    throw new Error('it did not fail')
  }

  it('that fails in the middle says what was done, and can be done again', async () => {
    const directory = makeState()
    const calls: string[] = []
    const failure = new BrokerError('MILLRACE_BROKER_UNREACHABLE', 'nobody answers')
    const request = requestWith(adminNoting(calls, { setOffsets: failure }))
    const steps: string[] = []
    const done = (step: string): Promise<void> => Promise.resolve(void steps.push(step))
    const error = await failureOf(performReset(request, plan, done))
    expect(error.code).to.equal('MILLRACE_BROKER_UNREACHABLE')
    expect(error.message).to.equal(
      'nobody answers; done so far: topics; not done, or in part: offsets, state. Run it again before the next start: that is safe',
    )
    expect(steps).to.deep.equal(['topics'])
    expect(existsSync(directory)).to.equal(true)

    await performReset(request, plan, done)
    expect(steps).to.deep.equal(['topics', 'topics', 'offsets', 'state'])
    expect(calls.slice(-3)).to.deep.equal(['claim', 'deleteTopics', 'setOffsets'])
    expect(existsSync(directory)).to.equal(false)
  })

  it('of an application that runs is refused before anything is done', async () => {
    const directory = makeState()
    const calls: string[] = []
    const refusal = groupActive('app', undefined, { hasSessions: true })
    const request = requestWith(adminNoting(calls, { claim: refusal }))
    expect(await failureOf(performReset(request, plan, () => Promise.resolve()))).to.equal(refusal)
    expect(calls).to.deep.equal([])
    expect(existsSync(directory)).to.equal(true)
    holdStateDirectory(path('state'), applicationId)?.release()
  })

  it('says how many members there are, and names some', () => {
    const members = Array.from({ length: 5 }, (_, i) => ({ memberId: `m${i}`, where: `at ${i}` }))
    const { message } = groupActive('app', members, { hasSessions: false })
    expect(message).to.equal(
      'the group app has 5 active members (at 0, at 1, at 2, …): stop all instances first',
    )
  })
})

describe('the state directory of an application', () => {
  const path = temporaryDirectory()

  it('is not deleted while another has it, who is named', () => {
    const instance = takeInstance(path('locked'), 'app', () => undefined)
    expect(() => holdStateDirectory(path('locked'), 'app')).to.throw(
      BrokerError,
      `in process ${process.pid} on`,
    )
    instance.release()
    expect(existsSync(path('locked/app'))).to.equal(true)
  })

  it('keeps others out while it is held, and is gone with all that an earlier deletion left', () => {
    const stateDir = path('held')
    for (const name of ['app/0_0', 'app/1_3', 'app~deleted/0_0', 'app2/0_0']) {
      mkdirSync(`${stateDir}/${name}`, { recursive: true })
      writeFileSync(`${stateDir}/${name}/data`, '12345')
    }
    expect(inspectStateDirectory(stateDir, 'app')).to.deep.equal({
      directory: `${stateDir}/app`,
      tasks: ['0_0', '1_3'],
      bytes: 15,
    })
    const held = holdStateDirectory(stateDir, 'app')
    expect(() => takeInstance(stateDir, 'app', () => undefined)).to.throw(BrokerError, 'stop it')
    held?.delete()
    held?.release()
    expect(inspectStateDirectory(stateDir, 'app')).to.equal(undefined)
    expect(existsSync(`${stateDir}/app~deleted`)).to.equal(false)
    expect(existsSync(`${stateDir}/app2/0_0/data`)).to.equal(true)
    takeInstance(stateDir, 'app', () => undefined).release()
  })

  it('is none where nothing was ever kept', () => {
    expect(holdStateDirectory(path('never'), 'app')).to.equal(undefined)
    expect(existsSync(path('never'))).to.equal(false)
  })
})
