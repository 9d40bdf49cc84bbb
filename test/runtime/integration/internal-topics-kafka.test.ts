// What is there already under the name of a changelog or repartition topic, and would lose what is needed.
import { expect } from 'chai'
import { pathToFileURL } from 'node:url'
import { misfitsOf } from '../../../broker/kafka/internal-topics.ts'
import { openBroker } from '../../../broker/open.ts'
import type { Broker } from '../../../broker/ports.ts'
import { TALLY_JOB } from '../../cli/tally.ts'
import { temporaryDirectory } from '../../data/temporary-directory.ts'
import { sharedKafka } from '../../support/kafka.ts'
import { runOnce } from '../../support/police-job.ts'

const JOB = pathToFileURL(TALLY_JOB)
const PARTITIONS = 2
const DAY_MS = '86400000'
const WEEK_MS = '604800000'

describe('topics of an application’s own that do not fit, on Kafka,', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const run = Date.now()
  let broker: Broker
  let bootstrapServers: string

  before(async () => {
    ;({ bootstrapServers } = await sharedKafka())
    broker = await openBroker({ kind: 'kafka', bootstrapServers, clientId: 'test' })
    // Without rows: the tests of reset count those that they write.
    await broker.ensureTopics([{ name: 'tally-visits', partitions: PARTITIONS }])
  })
  after(() => broker.close())

  const start = (applicationId: string): Promise<unknown> => {
    const settings = {
      'bootstrap.servers': bootstrapServers,
      'application.id': applicationId,
      'state.dir': path(applicationId),
      'num.stream.threads': 1,
    }
    return runOnce(broker, settings, JOB)
  }

  const byAge = { 'cleanup.policy': 'delete' }
  const cases = [
    {
      what: 'a changelog with another number of partitions',
      topic: 'visits-by-page-changelog',
      partitions: 5,
      config: { 'cleanup.policy': 'compact' },
      found: 'has 5 partitions where 2 are needed',
    },
    {
      what: 'a repartition topic with another number of partitions',
      topic: 'by-page-repartition',
      partitions: 3,
      config: byAge,
      found: 'has 3 partitions where 2 are needed',
    },
    {
      what: 'a changelog that Kafka deletes by age',
      topic: 'visits-by-page-changelog',
      config: { 'cleanup.policy': 'compact,delete' },
      found: 'has cleanup.policy=compact,delete where compact is needed',
      set: 'cleanup.policy=compact',
    },
    {
      what: 'a repartition topic that is compacted',
      topic: 'by-page-repartition',
      config: { 'cleanup.policy': 'compact' },
      found: 'has cleanup.policy=compact where delete is needed',
      set: 'cleanup.policy=delete',
    },
    {
      what: 'a repartition topic that keeps its rows for a day',
      topic: 'by-page-repartition',
      config: { ...byAge, 'retention.ms': DAY_MS },
      found: `has retention.ms=${DAY_MS} where ${WEEK_MS} is needed`,
      set: `retention.ms=${WEEK_MS}`,
    },
    {
      what: 'a repartition topic that keeps a megabyte',
      topic: 'by-page-repartition',
      config: { ...byAge, 'retention.bytes': '1000000' },
      found: 'has retention.bytes=1000000 where -1 is needed',
      set: 'retention.bytes=-1',
    },
  ]
  for (const [i, { what, topic, partitions = PARTITIONS, config, found, set }] of cases.entries()) {
    it(`are refused with what to do: ${what}`, async () => {
      const applicationId = `misfit-${run}-${i}`
      const name = `${applicationId}-${topic}`
      await broker.ensureTopics([{ name, partitions, config }])
      const error = await start(applicationId).then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      )
      expect(error).to.have.property('code', 'MILLRACE_TOPIC_MISMATCH')
      expect(error?.message).to.include(`the topic ${name} ${found}`)
      expect(error?.message).to.include('"millrace reset" delete the topic')
      if (set !== undefined) expect(error?.message).to.include(`${name} --add-config ${set}`)
    })
  }

  it('are made anew when they are gone, and fit then', async () => {
    const applicationId = `misfit-${run}-0`
    const admin = await broker.openGroupAdmin(applicationId)
    await admin.deleteTopics([`${applicationId}-visits-by-page-changelog`])
    await start(applicationId)
    const specs = [
      {
        name: `${applicationId}-visits-by-page-changelog`,
        config: { 'cleanup.policy': 'compact' },
      },
      { name: `${applicationId}-by-page-repartition`, config: { 'retention.ms': WEEK_MS } },
    ]
    const made = specs.map((spec) => ({ ...spec, partitions: PARTITIONS }))
    expect(await admin.misfits?.(made)).to.deep.equal([])
    const other = { ...made[0]!, config: byAge }
    expect(await admin.misfits?.([other]), 'it was asked').to.have.length(1)
    await admin.close()
  })
})

describe('a topic of an application’s own', () => {
  const of = (
    settings: Readonly<Record<string, string>>,
    config: Readonly<Record<string, string>>,
  ) => misfitsOf([{ name: 'own', partitions: 1, config }], { own: settings })
  const rows = { 'cleanup.policy': 'delete', 'retention.ms': WEEK_MS }

  it('fits where it keeps more than it must', () => {
    const kept = { 'cleanup.policy': 'delete', 'retention.bytes': '-1' }
    expect(of({ ...kept, 'retention.ms': '-1' }, rows)).to.deep.equal([])
    expect(of({ ...kept, 'retention.ms': WEEK_MS }, rows)).to.deep.equal([])
    const state = { 'cleanup.policy': 'compact', 'retention.ms': DAY_MS, 'retention.bytes': '5' }
    expect(of(state, { 'cleanup.policy': 'compact' })).to.deep.equal([])
  })

  it('is not judged where nobody tells how it is set', () => {
    expect(misfitsOf([{ name: 'own', partitions: 1, config: rows }], {})).to.deep.equal([])
  })

  it('has a sentence for each setting that does not fit', () => {
    const both = { 'cleanup.policy': 'delete', 'retention.ms': DAY_MS, 'retention.bytes': '5' }
    expect(of(both, rows)).to.have.length(2)
  })
})
