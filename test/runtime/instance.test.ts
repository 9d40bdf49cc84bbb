// An instance and its directory: who comes second is told what to do.
import { expect } from 'chai'
import { takeInstance } from '../../runtime/instance.ts'
import { runCli, setting } from '../cli/run-cli.ts'
import { TALLY_JOB } from '../cli/tally.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { sharedKafka } from '../support/kafka.ts'

describe('an instance', () => {
  const path = temporaryDirectory()

  it('has its directory for itself: who comes second is to take another one', () => {
    const first = takeInstance(path('state'), 'app', () => undefined)
    try {
      expect(() => takeInstance(path('state'), 'app', () => undefined)).to.throw(
        new RegExp(
          `process ${process.pid} .*: stop it first, or give this one a state.dir of its own`,
        ),
      )
    } finally {
      first.release()
    }
  })

  it('has the same name when it comes back', () => {
    const ids = [1, 2].map(() => {
      const instance = takeInstance(path('again'), 'app', () => undefined)
      instance.release()
      return instance.id
    })
    expect(ids[1]).to.equal(ids[0])
  })
})

describe('a state directory that another process has, on Kafka', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()

  it('lets no second one start: it ends with code 3 and names the one that has it', async () => {
    const { bootstrapServers } = await sharedKafka()
    const applicationId = `shared-directory-${Date.now()}`
    const first = takeInstance(path('state'), applicationId, () => undefined)
    try {
      const settings = {
        'bootstrap.servers': bootstrapServers,
        'application.id': applicationId,
        'state.dir': path('state'),
        'server.enabled': false,
        'topic.partitions': 2,
      }
      const { code, stderr } = await runCli('start', TALLY_JOB, ...setting(settings))
      expect(code, stderr).to.equal(3)
      expect(stderr).to.match(
        new RegExp(
          `process ${process.pid} .*: stop it first, or give this one a state.dir of its own`,
        ),
      )
    } finally {
      first.release()
    }
  })
})
