// The part of the contract that is about rows: what goes in by one end comes out at the other, byte by
// byte, whether a worker or the main thread writes or reads it.
import { expect } from 'chai'
import fc from 'fast-check'
import type { RecordBatch } from '../../broker/record-batch.ts'
import { headersOf, keyOf, valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import type { RecordHeader } from '../../broker/record-headers.ts'
import type { TopicPartition } from '../../broker/ports.ts'
import {
  fresh,
  Member,
  withTopic,
  type ContractSession,
  type OpenSession,
} from './contract-member.ts'
import { until } from './records.ts'

/** A row, of bytes. */
interface Row {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers: readonly RecordHeader[]
}

/** Brokers refuse what lies more than an hour ahead. */
const LATE_MS = 1_735_689_600_000
const NONE = new Uint8Array(0)
const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const header = (key: string, value: Uint8Array | null): RecordHeader => ({ key, value })

/** One of each kind. */
const KINDS: readonly Row[] = [
  { key: utf8('k'), value: utf8('v'), timestampMs: 1_700_000_000_123, headers: [] },
  { key: null, value: utf8('no key'), timestampMs: 1, headers: [] },
  { key: NONE, value: NONE, timestampMs: 2, headers: [] },
  { key: utf8('a tombstone'), value: null, timestampMs: 3, headers: [header('why', utf8('gone'))] },
  { key: null, value: null, timestampMs: 4, headers: [] },
  { key: null, value: NONE, timestampMs: 5, headers: [] },
  { key: NONE, value: null, timestampMs: 6, headers: [] },
  { key: ALL_BYTES, value: ALL_BYTES, timestampMs: LATE_MS, headers: [] },
  {
    key: utf8('ключ'),
    value: utf8('значение'),
    timestampMs: 7,
    headers: [
      header('a', utf8('1')),
      header('b', NONE),
      header('a', utf8('2')),
      header('größe', utf8('Zürich 😀')),
    ],
  },
]

/** Rows by a worker and by the main thread, read by either. */
export function describeRows(open: OpenSession): void {
  it('carries keys, values, headers and timestamps alike, null apart from empty', async () => {
    const session = await open()
    const topic = await withTopic(session.broker)
    const place = { topic, partition: 0 }
    await sendRows(session, place, KINDS)
    const member = await Member.join(session, fresh('app'), [topic], 1)
    member.port.produce(place, builderOf(KINDS))
    await member.commit([{ ...place, offset: 0 }])
    const both = [...KINDS, ...KINDS]
    expect(await polled(member, place, both.length), 'by a worker').to.deep.equal(both)
    const reader = await session.broker.openReader({ ...place, offset: 0 })
    const seen: Row[] = []
    await until('all rows', async () => {
      const batch = await reader.read(100)
      if (batch !== undefined) seen.push(...rowsIn(batch))
      return seen.length >= both.length
    })
    expect(seen, 'by the main thread').to.deep.equal(both)
    await reader.close()
    await member.leave()
  })

  it('carries rows of any bytes and sizes, in the order of each partition', async () => {
    const session = await open()
    const topic = await withTopic(session.broker, 2)
    const member = await Member.join(session, fresh('app'), [topic], 2)
    const lists = fc.sample(fc.array(anyRow, { minLength: 1, maxLength: 60 }), {
      numRuns: 12,
      seed: 46,
    })
    const expected: Row[][] = [[], []]
    for (const [i, rows] of lists.entries()) {
      member.port.produce({ topic, partition: i % 2 }, builderOf(rows))
      expected[i % 2]!.push(...rows)
    }
    await member.commit([{ topic, partition: 0, offset: 0 }])
    for (const partition of [0, 1]) {
      const rows = expected[partition]!
      expect(await polled(member, { topic, partition }, rows.length)).to.deep.equal(rows)
    }
    await member.leave()
  })

  it('carries header values that are no text, or refuses them by their name', async () => {
    const session = await open()
    const topic = await withTopic(session.broker)
    const place = { topic, partition: 0 }
    const headers = [header('raw', ALL_BYTES), header('none', null), header('zero', NONE)]
    const row: Row = { key: null, value: utf8('v'), timestampMs: 1, headers }
    const member = await Member.join(session, fresh('app'), [topic], 1)
    member.port.produce(place, builderOf([row]))
    const committed = member.commit([{ ...place, offset: 0 }])
    if (session.headersAreText === true) {
      const failure: unknown = await committed.catch((error: unknown) => error)
      expect(failure).to.include({ code: 'MILLRACE_PRODUCE_FAILED' })
      expect((failure as Error).message)
        .to.include(`${topic}/0`)
        .and.include('header raw')
    } else {
      await committed
      expect(await polled(member, place, 1)).to.deep.equal([row])
    }
    await member.leave().catch(() => undefined)
  })
}

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const anyRow: fc.Arbitrary<Row> = fc.record({
  key: fc.oneof(fc.constant(null), bytes(40)),
  value: fc.oneof(fc.constant(null), bytes(40), bytes(4_000)),
  timestampMs: fc.integer({ min: 1, max: LATE_MS }),
  headers: fc.array(
    // What is text to every client: no zero byte, no lone surrogate.
    fc.record({
      key: fc.string({ minLength: 1, maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
      value: fc
        .string({ unit: 'grapheme', maxLength: 12 })
        .map((text) => utf8(text.replaceAll('\0', ''))),
    }),
    { maxLength: 3 },
  ),
})

function builderOf(rows: readonly Row[]): RecordBatchBuilder {
  const builder = new RecordBatchBuilder()
  for (const { key, value, timestampMs, headers } of rows) {
    builder.append(key, value, timestampMs, headers)
  }
  return builder
}

/** Copies of the rows of a batch. */
function rowsIn(batch: RecordBatch): Row[] {
  return Array.from({ length: batch.count }, (_, row) => ({
    key: keyOf(batch, row)?.slice() ?? null,
    value: valueOf(batch, row)?.slice() ?? null,
    timestampMs: batch.timestamps[row]!,
    headers: headersOf(batch, row).map(({ key, value }) => header(key, value?.slice() ?? null)),
  }))
}

async function polled(
  member: Member,
  { topic, partition }: TopicPartition,
  count: number,
): Promise<Row[]> {
  const reader = member.reader(topic, partition)
  const seen: Row[] = []
  await until(`${count} rows of ${topic}/${partition}`, () => {
    const batch = reader.poll()
    if (batch !== undefined) seen.push(...rowsIn(batch))
    return seen.length >= count
  })
  return seen
}

async function sendRows(
  { broker }: ContractSession,
  place: TopicPartition,
  rows: readonly Row[],
): Promise<void> {
  const producer = await broker.openProducer()
  await producer.send(place, builderOf(rows))
  await producer.flush()
  await producer.close()
}
