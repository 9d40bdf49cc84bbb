import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { partitionFor } from '../../broker/partitioner.ts'
import { BrokerError } from '../../broker/ports.ts'
import { LivePace } from '../../data/pace.ts'
import { generatePoliceCalls } from '../../data/police-calls/generate.ts'
import { ReplayError } from '../../data/replay-error.ts'
import type { ReplayProgress } from '../../data/replay.ts'
import { CollectingProducer } from './collecting-producer.ts'
import { errorOf, GENERATED, replays, SleepingClock } from './replaying.ts'

describe('replay', () => {
  const suite = replays()
  const { path, run, writeTimes } = suite
  const calls = [...generatePoliceCalls(GENERATED)]

  it('sends every row as a record: key, compact value, time of sending, partition of its key', async () => {
    const clock = new SleepingClock()
    const result = await run('calls.json', { order: 'file', clock })
    expect(result).to.include({ delivered: 12_000, skipped: 0, aborted: false })
    expect(suite.producer.flushes).to.equal(1)
    const byValue = new Map(suite.producer.sent.map((record) => [record.value, record]))
    for (const call of calls) {
      expect(byValue.get(JSON.stringify(call))).to.deep.equal({
        topic: 'police.calls',
        partition: partitionFor(Buffer.from(call.crime_id), 4),
        key: call.crime_id,
        value: JSON.stringify(call),
        timestampMs: clock.epochMs(),
      })
    }
  })

  it('sends rows in order of time, those of one time as in the file', async () => {
    await run('calls.jsonl.gz', { partitions: 1 })
    const inOrder = calls
      .map((call) => ({ key: call.crime_id, time: call.call_date_time }))
      .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    expect(suite.producer.sent.map(({ key }) => key)).to.deep.equal(inOrder.map(({ key }) => key))
  })

  it('sends rows as they lie in the file when asked to', async () => {
    await run('calls.json', { order: 'file', partitions: 1 })
    expect(suite.producer.sent.map(({ key }) => key)).to.deep.equal(
      calls.map(({ crime_id }) => crime_id),
    )
  })

  it('sends duplicates like any other row', async () => {
    const line = '{"crime_id":"1","call_date_time":"2018-12-31T23:57:00.000"}\n'
    writeFileSync(path('twice'), line + line)
    expect(await run('twice')).to.include({ delivered: 2 })
  })

  it('takes the repeated hour of 4 November 2018 for its first occurrence', async () => {
    writeTimes('repeated', [
      '2018-11-04T02:00:00.000',
      '2018-11-04T01:30:00.000',
      '2018-11-04T00:59:00.000',
      '2018-11-04T01:30:00.000-08:00',
    ])
    await run('repeated', { partitions: 1 })
    expect(suite.producer.sent.map(({ key }) => key)).to.deep.equal(['2', '1', '3', '0'])
  })

  it('sorts a file that does not fit into memory in runs on disk, to the same result', async () => {
    await run('calls.json', { partitions: 1, clock: new SleepingClock() })
    const inMemory = suite.producer.sent
    suite.producer = new CollectingProducer()
    mkdirSync(path('runs'))
    let runsMax = 0
    await run('calls.json', {
      partitions: 1,
      sortMemoryBytes: 1_000_000,
      sortDirectory: path('runs'),
      clock: new SleepingClock(),
      onProgress: ({ phase }) => {
        const [directory] = readdirSync(path('runs'))
        if (phase !== 'sending' || directory === undefined) return
        runsMax = Math.max(runsMax, readdirSync(path(`runs/${directory}`)).length)
      },
    })
    expect(suite.producer.sent).to.deep.equal(inMemory)
    expect(runsMax).to.be.greaterThan(2)
    expect(readdirSync(path('runs'))).to.deep.equal([])
  })

  it('keeps to a rate', async () => {
    const clock = new SleepingClock()
    const sent: [ms: number, records: number][] = []
    suite.producer.onSend = (records) => sent.push([clock.ms - 5_000, records])
    const result = await run('calls.json', { pace: { kind: 'rate', rowsPerSecond: 500 }, clock })
    expect(result.elapsedMs).to.be.closeTo(12_000 * 2, 10)
    for (const [ms, records] of sent) {
      // Never ahead of what is due, and behind by no more than a timer's tick.
      expect(records).to.be.at.most(ms / 2 + 1)
      expect(records).to.be.at.least(ms / 2 - 8)
    }
  })

  it('catches up with a rate after a slow broker, so that the mean is as asked for', async () => {
    const clock = new SleepingClock()
    suite.producer.onSend = () => (clock.ms += 1)
    const result = await run('calls.json', { pace: { kind: 'rate', rowsPerSecond: 400 }, clock })
    expect(result.elapsedMs).to.be.closeTo(30_000, 50)
  })

  it('keeps to a multiple of the speed at which the calls came', async () => {
    const clock = new SleepingClock()
    writeTimes('minutes', [
      '2018-12-31T10:00',
      '2018-12-31T10:10',
      '2018-12-31T10:01',
      '2018-12-31T12:00',
    ])
    const sent: [ms: number, records: number][] = []
    suite.producer.onSend = (records) => sent.push([clock.ms - 5_000, records])
    await run('minutes', { pace: { kind: 'speed', factor: 60 }, partitions: 1, clock })
    expect(sent).to.deep.equal([
      [0, 1],
      [1_000, 2],
      [10_000, 3],
      [120_000, 4],
    ])
  })

  it('goes on at another pace as soon as there is one, even in the middle of a wait', async () => {
    const clock = new SleepingClock()
    const pace = new LivePace({ kind: 'rate', rowsPerSecond: 100 })
    let sent = 0
    suite.producer.onSend = (records) => {
      if (sent < 1_000 && records >= 1_000) pace.change({ kind: 'rate', rowsPerSecond: 1_000 })
      sent = records
    }
    const { elapsedMs, delivered } = await run('calls.json', { pace, clock })
    expect(delivered).to.equal(12_000)
    expect(elapsedMs).to.be.closeTo(10_000 + 11_000, 50)
    writeTimes('days', ['2018-12-30T10:00', '2018-12-31T10:00'])
    const real = new LivePace({ kind: 'speed', factor: 1 })
    suite.producer = new CollectingProducer()
    suite.producer.onSend = (records) => {
      if (records === 1) setTimeout(() => real.change({ kind: 'fastest' }), 20)
    }
    expect((await run('days', { pace: real })).delivered).to.equal(2)
  })

  it('refuses a speed for rows that are not in order of time', async () => {
    const pace = { kind: 'speed', factor: 60 } as const
    const error = await errorOf(run('calls.json', { pace, order: 'file' }))
    expect(error).to.be.instanceOf(ReplayError).with.property('code', 'MILLRACE_REPLAY_PACE')
  })

  it('skips rows that make no record, counts them and names the first ten', async () => {
    const good = '{"crime_id":"1","call_date_time":"2018-12-31T23:57:00.000"}'
    const bad = [
      '{"crime_id":"1"',
      '{"crime_id":null,"call_date_time":"2018-12-31T23:57:00.000"}',
      '{"call_date_time":"2018-12-31T23:57:00.000"}',
      '{"crime_id":"1","call_date_time":null}',
      '{"crime_id":"1","call_date_time":"yesterday"}',
      '{"crime_id":"1"}',
    ]
    writeFileSync(path('broken'), [...bad, good, ...bad, good].join('\n'))
    const result = await run('broken')
    expect(result).to.include({ delivered: 2, skipped: 12 })
    expect(result.named).to.have.length(10)
    expect(result.named[0]).to.include(`${path('broken')}:1: not valid JSON`)
    expect(result.named.slice(1, 7)).to.deep.equal([
      `${path('broken')}:2: crime_id is null, a key is a text or number`,
      `${path('broken')}:3: crime_id is missing, a key is a text or number`,
      `${path('broken')}:4: call_date_time is null, not a date and time`,
      `${path('broken')}:5: call_date_time is "yesterday", not a date and time`,
      `${path('broken')}:6: call_date_time is missing, not a date and time`,
      result.named[6],
    ])
    expect(result.named[6]).to.include(`${path('broken')}:8: not valid JSON`)
  })

  it('sends nothing in strict mode when a row makes no record and rows are sorted', async () => {
    const error = await errorOf(run('broken', { strict: true }))
    expect(error).to.be.instanceOf(ReplayError).with.property('code', 'MILLRACE_REPLAY_ROW')
    expect((error as ReplayError).message).to.include(`${path('broken')}:1: not valid JSON`)
    expect(suite.producer.sent).to.deep.equal([])
  })

  it('delivers a number as key as it is written', async () => {
    writeFileSync(path('number'), '{"crime_id":17,"call_date_time":"2018-12-31T23:57:00.000"}')
    await run('number')
    expect(suite.producer.sent[0]?.key).to.equal('17')
  })

  it('stops at the limit, counted in the order of sending', async () => {
    const result = await run('calls.json', { limit: 100, partitions: 1 })
    expect(result).to.include({ delivered: 100, aborted: false })
    const oldest = calls.at(-1)?.call_date_time ?? ''
    expect(suite.producer.sent[0]?.value).to.include(oldest)
    const all = await run('calls.json', { limit: 1_000_000 })
    expect(all.delivered).to.equal(12_000)
  })

  it('delivers what it has sent when it is aborted, and says so', async () => {
    const aborter = new AbortController()
    const clock = new SleepingClock()
    suite.producer.onSend = (records) => {
      if (records >= 300) aborter.abort()
    }
    const pace = { kind: 'rate', rowsPerSecond: 1_000 } as const
    const result = await run('calls.json', { signal: aborter.signal, pace, clock })
    expect(result.aborted).to.equal(true)
    expect(result.delivered).to.equal(suite.producer.sent.length)
    expect(result.delivered).to.be.within(300, 310)
  })

  it('can be aborted while it still reads, and while it waits for a row that is due in a day', async () => {
    const early = new AbortController()
    early.abort()
    expect(await run('calls.json', { signal: early.signal })).to.include({
      delivered: 0,
      aborted: true,
    })
    writeTimes('day', ['2018-12-30T10:00', '2018-12-31T10:00'])
    const late = new AbortController()
    suite.producer.onSend = () => setTimeout(() => late.abort(), 5)
    const pace = { kind: 'speed', factor: 1 } as const
    expect(await run('day', { signal: late.signal, pace })).to.include({
      delivered: 1,
      aborted: true,
    })
  })

  it('fails when the producer does', async () => {
    suite.producer.failsAt = 1
    const error = await errorOf(run('calls.json'))
    expect(error).to.be.instanceOf(BrokerError).with.property('code', 'MILLRACE_PRODUCE_FAILED')
  })

  it('tells how far it is', async () => {
    const told: ReplayProgress[] = []
    await run('calls.json', { onProgress: (progress) => told.push(progress) })
    const reading = told.filter(({ phase }) => phase === 'reading')
    const sending = told.filter(({ phase }) => phase === 'sending')
    expect(reading.length).to.be.greaterThan(1)
    expect(reading.at(-1)?.done).to.equal(1)
    expect(sending.at(-1)?.done).to.equal(1)
    for (const { done } of told) expect(done).to.be.within(0, 1)
  })
})
