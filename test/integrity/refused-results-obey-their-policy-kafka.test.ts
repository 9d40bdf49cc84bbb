// Results that the Kafka client, or their topic, would refuse go the way of their operator's policy, at least once as
// exactly once, with the addon and without it: all others arrive, and nothing is repeated.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { readTopic } from '../support/final-tables.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { droppedIn, runOnce, writeInput } from '../support/police-job.ts'

const LARGE_JOB = new URL('../fixtures/large-job.js', import.meta.url)
const DATED_JOB = new URL('../fixtures/dated-job.js', import.meta.url)
const LINES = Array.from({ length: 60 }, (_, i) => `${i % 20 === 10 ? 'big' : 'line'} ${i}`)
const LARGE = LINES.filter((line) => line.startsWith('big'))
const SMALL = LINES.filter((line) => line.startsWith('line'))
const BYTES_MAX = 50_000
/** How large records may be is known by the client's setting, or with the addon by that of their topic. */
const CLIENT = { 'message.max.bytes': String(BYTES_MAX) }
const WAYS = [
  { guarantee: 'exactly_once_v2', path: 'native', producer: {} },
  { guarantee: 'at_least_once', path: 'plain', producer: CLIENT },
] as const
const LETTERS = ['large.dead', 'large.dead-of-all', 'large.drops']
const READ = ['large.lettered', 'large.skipped', 'large.cut', ...LETTERS]

const HOUR_MS = 3_600_000
const DATED = {
  'message.timestamp.before.max.ms': String(5 * HOUR_MS),
  'message.timestamp.after.max.ms': String(HOUR_MS / 10),
  'cleanup.policy': 'compact',
}
/** Two lines that such a topic takes, and three that it does not. */
const DATES = [
  { key: 'a', value: 'now', afterMs: 0 },
  { key: 'b', value: 'long ago', afterMs: -10 * HOUR_MS },
  { key: 'c', value: 'too soon', afterMs: HOUR_MS / 2 },
  { key: null, value: 'without a key', afterMs: 0 },
  { key: 'd', value: 'a while ago', afterMs: -HOUR_MS },
]
const TAKEN = ['a while ago', 'now']
const REFUSED = ['long ago', 'too soon', 'without a key']

describe('results that Kafka would refuse', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const kafka = ownKafka()
  /** How much of each topic was read. */
  const seen = new Map<string, number>()

  before(async () => {
    const nowMs = Date.now()
    const rows = LINES.map((value, i) => ({ key: `key-${i}`, value, timestampMs: i }))
    await writeInput(kafka.broker, rows, 2, { topic: 'large.in' })
    const dates = DATES.map(({ afterMs, ...row }) => ({ ...row, timestampMs: nowMs + afterMs }))
    await writeInput(kafka.broker, dates, 1, { topic: 'dated.in' })
    // A batch of all lines would be refused as well.
    const config = { 'max.message.bytes': String(BYTES_MAX) }
    const dated = ['dated.skipped', 'dated.lettered']
    await kafka.broker.ensureTopics([
      ...READ.map((name) => ({ name, partitions: 1, config })),
      ...dated.map((name) => ({ name, partitions: 1, config: DATED })),
      ...['dated.dead', 'dated.drops'].map((name) => ({ name, partitions: 1 })),
    ])
  })

  /** What a run has added to a topic, in no order, and the reasons that its headers give. */
  async function added(topic: string) {
    const rows: { line: string; error: string | undefined }[] = []
    await readTopic(kafka.broker, topic, ({ value, headers }) => {
      rows.push({
        line: String(value).replace(/\.*$/, ''),
        error: headers['__streams.errors.exception'],
      })
    })
    const from = seen.get(topic) ?? 0
    seen.set(topic, rows.length)
    return rows.slice(from)
  }
  const linesOf = async (topic: string): Promise<string[]> =>
    (await added(topic)).map(({ line }) => line).sort()

  async function run(
    name: string,
    job: URL,
    way: Omit<(typeof WAYS)[number], 'producer'>,
    producer = {},
  ) {
    const { guarantee, path: dataPath } = way
    const { bootstrapServers } = kafka
    const settings = { producer }
    const at = { kind: 'kafka', bootstrapServers, clientId: 'test', dataPath, settings } as const
    const broker = await openBroker(at)
    const config = {
      'bootstrap.servers': bootstrapServers,
      'application.id': name,
      'state.dir': path(name),
      'processing.guarantee': guarantee,
      'commit.interval.ms': 20,
    }
    return runOnce(broker, config, job).finally(() => broker.close())
  }

  for (const [i, way] of WAYS.entries()) {
    const { guarantee, path: dataPath, producer } = way
    const known = producer === CLIENT ? 'by the client' : 'by their topics'
    it(`since they are too large ${known}, end nothing: ${guarantee}, ${dataPath}`, async () => {
      const { metrics } = await run(`large-${i}`, LARGE_JOB, way, producer)
      for (const topic of ['large.lettered', 'large.skipped', 'large.cut']) {
        expect(await linesOf(topic), topic).to.deep.equal([...SMALL].sort())
      }
      expect(await linesOf('large.drops')).to.deep.equal([...LARGE].sort())
      for (const topic of ['large.dead', 'large.dead-of-all']) {
        const letters = await added(topic)
        expect(letters.map(({ line }) => line).sort(), topic).to.deep.equal([...LARGE].sort())
        expect(new Set(letters.map(({ error }) => error))).to.deep.equal(
          new Set(['RecordTooLargeError']),
        )
      }
      expect(droppedIn(metrics, 'record-too-large')).to.equal(3 * LARGE.length)
    })
  }

  for (const guarantee of ['exactly_once_v2', 'at_least_once'] as const) {
    it(`for their time, or since they have no key, end nothing: ${guarantee}`, async () => {
      const { metrics } = await run(`dated-${guarantee}`, DATED_JOB, { guarantee, path: 'native' })
      for (const topic of ['dated.skipped', 'dated.lettered']) {
        expect(await linesOf(topic), topic).to.deep.equal(TAKEN)
      }
      expect(await linesOf('dated.drops')).to.deep.equal(REFUSED)
      const letters = await added('dated.dead')
      expect(letters.map(({ line }) => line).sort()).to.deep.equal(REFUSED)
      expect(new Set(letters.map(({ error }) => error))).to.deep.equal(
        new Set(['RecordRefusedError']),
      )
      expect(droppedIn(metrics, 'record-refused')).to.equal(2 * REFUSED.length)
    })
  }
})
