// Results that are too large for the Kafka client go the way of their operator's policy, at least once as exactly
// once, with the addon and without it: all others arrive, and nothing is repeated.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { readTopic } from '../support/final-tables.ts'
import { ownKafka } from '../support/own-kafka.ts'
import { droppedIn, runOnce, writeInput } from '../support/police-job.ts'

const LARGE_JOB = new URL('../fixtures/large-job.js', import.meta.url)
const LINES = Array.from({ length: 60 }, (_, i) => `${i % 20 === 10 ? 'big' : 'line'} ${i}`)
const LARGE = LINES.filter((line) => line.startsWith('big'))
const SMALL = LINES.filter((line) => line.startsWith('line'))
const BYTES_MAX = 50_000
const WAYS = [
  { guarantee: 'exactly_once_v2', path: 'native' },
  { guarantee: 'at_least_once', path: 'plain' },
] as const
const READ = ['large.lettered', 'large.skipped', 'large.cut', 'large.dead', 'large.dead-of-all']

describe('results that are too large for Kafka', function () {
  this.timeout(120_000)
  const path = temporaryDirectory()
  const kafka = ownKafka()
  /** How much of each topic was read. */
  const seen = new Map<string, number>()

  before(async () => {
    const rows = LINES.map((value, i) => ({ key: `key-${i}`, value, timestampMs: i }))
    await writeInput(kafka.broker, rows, 2, { topic: 'large.in' })
    // A batch of all lines would be refused as well.
    const config = { 'max.message.bytes': String(BYTES_MAX) }
    const others = READ.map((name) => ({ name, partitions: 1, config }))
    await kafka.broker.ensureTopics(others)
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

  for (const [run, { guarantee, path: dataPath }] of WAYS.entries()) {
    it(`are skipped, or dead letters, and end nothing: ${guarantee}, ${dataPath}`, async () => {
      const { bootstrapServers } = kafka
      const settings = { producer: { 'message.max.bytes': String(BYTES_MAX) } }
      const at = { kind: 'kafka', bootstrapServers, clientId: 'test', dataPath, settings } as const
      const broker = await openBroker(at)
      const { metrics } = await runOnce(
        broker,
        {
          'bootstrap.servers': bootstrapServers,
          'application.id': `large-${run}`,
          'state.dir': path(`state-${run}`),
          'processing.guarantee': guarantee,
          'commit.interval.ms': 20,
        },
        LARGE_JOB,
      ).finally(() => broker.close())
      for (const topic of ['large.lettered', 'large.skipped', 'large.cut']) {
        expect(await linesOf(topic), topic).to.deep.equal([...SMALL].sort())
      }
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
})
