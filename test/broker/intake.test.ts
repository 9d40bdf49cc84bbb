// The main thread's intake of rows without the addon, over a client that answers when the test says so.
import { expect } from 'chai'
import { Intake } from '../../broker/kafka/intake.ts'
import type { ToPort } from '../../broker/kafka/messages.ts'
import type {
  RdConsumer,
  RdEndOfPartition,
  RdMessage,
  RdNativeConsumer,
} from '../../broker/kafka/rd-client.ts'
import { until } from '../support/until.ts'

type Consumed = Parameters<RdNativeConsumer['consume']>[2]

const ROW_BYTES = 1024 * 1024
/** A timer of less has gone off by then; the clock jumps besides. */
const QUIET_MS = 200
const TOPIC = { topic: 'calls', partition: 0 }

describe('the intake of rows on the main thread', () => {
  let answer: Consumed | undefined
  const log: string[] = []
  let intake: Intake
  const packs: number[] = []
  /** Ends as the reader hears of them, alone or with rows. */
  const ends: number[] = []

  beforeEach(() => {
    log.length = packs.length = ends.length = 0
    intake = new Intake({
      consumer: consumerOf((done) => (answer = done), log),
      watermarks: () => Promise.resolve({ start: 0, end: 100 }),
      failed: (error) => log.push(error.message),
    })
  })

  afterEach(async () => {
    const stopped = intake.stop()
    answer?.(null, [], [])
    await stopped
  })

  /** What the client gives to the call that waits; resolves when the next one waits. */
  const give = async (
    messages: readonly RdMessage[],
    endsOf: readonly RdEndOfPartition[] = [],
  ): Promise<void> => {
    const done = answer
    answer = undefined
    done?.(null, messages, endsOf)
    while (answer === undefined) await new Promise((turn) => setTimeout(turn, 1))
  }

  /** Opens a reader of the partition, all of whose posts are weighed. */
  const open = async () => {
    intake.add(TOPIC)
    const started = intake.start([{ ...TOPIC, offset: 0 }], () => undefined)
    await give([])
    await started
    const post = (message: ToPort): void => {
      if (message.kind === 'rows') packs.push(message.packed.byteLength)
      if (message.kind === 'rows' || message.kind === 'end') ends.push(message.end)
    }
    const reader = intake.open({ reader: 1, post }, { ...TOPIC, offset: 0 })
    await give([])
    log.length = 0
    return reader
  }

  it('pauses a partition whose worker takes nothing, and resumes it when most is taken', async () => {
    const reader = await open()
    await give(rowsOf(20))
    await give([])
    expect(log).to.deep.equal(['pause 0'])
    for (const bytes of packs) reader.took(bytes)
    await give([])
    expect(log).to.deep.equal(['pause 0', 'resume 0'])
  })

  it('does not pause a partition whose worker has taken all before the pause has its turn', async () => {
    const reader = await open()
    await give(rowsOf(20))
    for (const bytes of packs) reader.took(bytes)
    await give([])
    expect(log).to.deep.equal([])
  })

  it('says that all rows are there when the client does, however long none come', async () => {
    await open()
    await until('the end is known', () => ends.length > 0)
    const { now } = performance
    performance.now = () => now.call(performance) + 60_000
    try {
      await new Promise((done) => setTimeout(done, QUIET_MS))
    } finally {
      performance.now = now
    }
    expect(ends).to.deep.equal([100])
    await give(rowsOf(2), [{ ...TOPIC, offset: 7 }])
    expect(ends).to.deep.equal([100, 100, 7])
  })

  it('takes no end of before for that of the rows that have come since', async () => {
    await open()
    await until('the end is known', () => ends.length > 0)
    await give(rowsOf(2), [{ ...TOPIC, offset: 0 }])
    expect(ends).to.deep.equal([100, 100])
  })
})

const rowsOf = (count: number): RdMessage[] =>
  Array.from({ length: count }, (_, offset) => ({
    ...TOPIC,
    offset,
    timestamp: 1,
    key: null,
    value: new Uint8Array(ROW_BYTES),
  }))

function consumerOf(consume: (done: Consumed) => void, log: string[]): RdConsumer {
  const numbers = (of: readonly { readonly partition: number }[]): string =>
    of.map(({ partition }) => partition).join()
  const consumer: Partial<RdConsumer> = {
    getClient: () => ({ consume: (_timeout, _count, done) => consume(done) }),
    getWatermarkOffsets: () => ({ lowOffset: 0, highOffset: 100 }),
    pause: (of) => log.push(`pause ${numbers(of)}`),
    resume: (of) => log.push(`resume ${numbers(of)}`),
    seek: (_to, _timeout, done) => done(undefined),
  }
  return consumer as RdConsumer
}
