// What becomes of records that are no calls: each is kept as it came, told why, and counted.
import { expect } from 'chai'
import { batchCount } from '../support/batch-count.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { readTopic, type ReadRecord } from '../support/final-tables.ts'
import {
  droppedIn,
  expectTables,
  generatedCalls,
  inputOf,
  runOnce,
  sumOf,
  writeInput,
  type FinishedRun,
  type RawInput,
} from '../support/police-job.ts'

const DEAD_LETTERS = 'police.calls.dead-letter'

describe('the police job and records that are no calls', function () {
  this.timeout(30_000)
  const logs = embeddedLogs()
  const calls = generatedCalls(2_000)
  const good = calls.map(inputOf)
  const call = calls[1_000]!
  const { timestampMs } = good[1_000]!
  const { disposition: _left, ...withoutDisposition } = call
  const broken: Record<string, RawInput['value']> = {
    'broken-json': '{"crime_id": "1", "original_crime_type_na',
    'trailing-text': `${JSON.stringify(call)}]`,
    'no-object': '"[1, 2]"',
    'missing-field': JSON.stringify(withoutDisposition),
    'null-field': JSON.stringify({ ...call, original_crime_type_name: null }),
    'number-field': JSON.stringify({ ...call, disposition: 22 }),
    'bad-time': JSON.stringify({ ...call, call_date_time: '31/12/2018 23:57' }),
    'impossible-time': JSON.stringify({ ...call, call_date_time: '2018-02-30T10:00:00.000' }),
    'bad-utf8': Buffer.from(
      JSON.stringify({ ...call, disposition: '@' }).replace('@', '\xff\xc0'),
      'latin1',
    ),
    'empty-value': '',
    'null-value': null,
  }
  const names = Object.keys(broken)
  const letters = new Map<string, ReadRecord>()
  let run: FinishedRun

  before(async () => {
    const broker = await logs.open('malformed')
    const bad = names.map((key): RawInput => ({ key, value: broken[key]!, timestampMs }))
    bad.push({ key: null, value: 'no key either', timestampMs })
    await writeInput(broker, [...good.slice(0, 1_000), ...bad, ...good.slice(1_000)], 4)
    run = await runOnce(broker, { 'num.stream.threads': 2 })
    await readTopic(broker, DEAD_LETTERS, (record) => {
      letters.set(String(record.key ?? 'no-key'), record)
    })
    await expectTables(broker, batchCount(calls))
  })

  it('puts exactly those records into the topic of dead letters', () => {
    expect([...letters.keys()].sort()).to.deep.equal([...names, 'no-key'].sort())
  })

  it('keeps the bytes of their values as they came', () => {
    for (const name of names) {
      const value = broken[name]!
      const bytes = value === null ? null : Buffer.from(value)
      expect(letters.get(name)?.value, name).to.deep.equal(bytes)
    }
    expect(letters.get('no-key')?.key).to.equal(null)
    expect(letters.get('broken-json')?.timestampMs).to.equal(timestampMs)
  })

  it('says in headers where each stood and what was wrong', () => {
    for (const [name, { headers }] of letters) {
      expect(headers['__streams.errors.topic'], name).to.equal('police.calls')
      expect(headers['__streams.errors.partition'], name).to.match(/^[0-3]$/)
      expect(headers['__streams.errors.offset'], name).to.match(/^\d+$/)
      expect(headers['__streams.errors.exception'], name).to.match(/^\w*Error$/)
      expect(headers['__streams.errors.message'], name).to.be.a('string').and.not.equal('')
    }
    const messageOf = (name: string): string =>
      letters.get(name)?.headers['__streams.errors.message'] ?? ''
    expect(messageOf('missing-field')).to.match(/disposition/)
    expect(messageOf('null-field')).to.match(/original_crime_type_name/)
    expect(messageOf('bad-time')).to.match(/call_date_time/)
    expect(messageOf('null-value')).to.equal('the value is null')
  })

  it('points to the very record that was wrong', async () => {
    const at = new Map<string, string>()
    await readTopic(await logs.open('malformed'), 'police.calls', ({ partition, offset, key }) => {
      at.set(`${partition}/${offset}`, String(key ?? 'no-key'))
    })
    for (const [name, { headers }] of letters) {
      const place = `${headers['__streams.errors.partition']}/${headers['__streams.errors.offset']}`
      expect(at.get(place)).to.equal(name)
    }
  })

  it('counts them by reason, and as consumed and produced', () => {
    const { metrics } = run
    expect(droppedIn(metrics, 'malformed')).to.equal(letters.size)
    expect(droppedIn(metrics)).to.equal(letters.size)
    const consumed = sumOf(metrics, 'kafka_stream_topic_records_consumed_total', {
      topic: 'police.calls',
    })
    expect(consumed).to.equal(calls.length + letters.size)
    const produced = sumOf(metrics, 'kafka_stream_topic_records_produced_total', {
      topic: DEAD_LETTERS,
    })
    expect(produced).to.equal(letters.size)
  })
})
