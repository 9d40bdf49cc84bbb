import { expect } from 'chai'
import { mkdirSync, writeFileSync } from 'node:fs'
import { writePoliceCalls } from '../../data/police-calls/write.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { eventually, runCli, startCli } from './run-cli.ts'

interface Record {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: string
  readonly value: { readonly call_date_time: string }
}

const timeOf = ({ value }: Record): string => value.call_date_time

describe('replay, into the embedded log', () => {
  const path = temporaryDirectory()
  const here = (...args: string[]) => [
    ...args,
    '--set',
    `bootstrap.servers=embedded:${path('log')}`,
  ]
  const recordsOf = async (topic: string): Promise<Record[]> => {
    const { stdout } = await runCli(...here('tail', topic, '--once', '--json'))
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record)
  }
  const rowsIn = async (topic: string): Promise<number> => {
    const { stdout } = await runCli(...here('topics', '--json'))
    const topics = JSON.parse(stdout) as { topic: string; rows: number; partitions: unknown[] }[]
    return topics.find((row) => row.topic === topic)?.rows ?? NaN
  }

  before(async () => {
    await writePoliceCalls({ rows: 3_000, seed: 1, file: path('calls.json'), format: 'array' })
  })

  it('makes the topic, delivers every row in order of time, and says how many', async () => {
    const startMs = Date.now()
    const { code, stdout } = await runCli(...here('replay', path('calls.json')))
    expect(stdout).to.match(
      /^delivered 3,000 rows in \d+\.\d s \([\d,]+ rows\/s\) to police\.calls on embedded:.*, 0 skipped\n$/,
    )
    expect(code).to.equal(0)
    const records = await recordsOf('police.calls')
    expect(records).to.have.length(3_000)
    expect(new Set(records.map(({ partition }) => partition)).size).to.equal(4)
    const latest = new Map<number, string>()
    for (const record of records) {
      const { partition, timestamp } = record
      expect(timeOf(record) >= (latest.get(partition) ?? '')).to.equal(true)
      latest.set(partition, timeOf(record))
      expect(timestamp).to.be.within(startMs, Date.now())
    }
    expect([...latest.values()].sort().at(-1)).to.equal('2018-12-31T23:57:00.000')
  })

  it('takes topic, order and limit from options', async () => {
    const options = ['--topic', 'few', '--order', 'file', '--limit', '1']
    await runCli(...here('replay', path('calls.json'), ...options))
    const records = await recordsOf('few')
    expect(records.map(timeOf)).to.deep.equal(['2018-12-31T23:57:00.000'])
  })

  it('takes the zone of times that name none from an option', async () => {
    const zoned = ['2018-12-31T10:00', '2018-12-31T09:00Z']
    const lines = zoned.map((call_date_time, i) =>
      JSON.stringify({ crime_id: `${i}`, call_date_time }),
    )
    writeFileSync(path('zoned.jsonl'), lines.join('\n'))
    for (const [zone, first] of [
      ['UTC', zoned[1]],
      ['Asia/Tokyo', zoned[0]],
    ] as const) {
      const topic = zone.replace('/', '-')
      const options = ['--topic', topic, '--zone', zone, '--limit', '1']
      await runCli(...here('replay', path('zoned.jsonl'), ...options))
      expect((await recordsOf(topic)).map(timeOf), zone).to.deep.equal([first])
    }
  })

  it('takes file and topic from replay.properties, and options before them', async () => {
    mkdirSync(path('config'))
    writeFileSync(
      path('config/replay.properties'),
      `replay.file=${path('calls.json')}\nreplay.topic=configured\nreplay.limit=20\nreplay.rate=1\n`,
    )
    const args = ['replay', '--config', path('config'), '--speed', '1000000000']
    const { code, stdout, stderr } = await runCli(...here(...args, '--limit', '7'))
    expect(stderr).to.equal('')
    expect(code).to.equal(0)
    expect(stdout).to.include('delivered 7 rows')
    expect(await rowsIn('configured')).to.equal(7)
  })

  it('skips broken rows and names them, or stops at the first with --strict', async () => {
    const good = '{"crime_id":"1","call_date_time":"2018-12-31T23:57:00.000"}'
    writeFileSync(path('broken.jsonl'), [good, '{"crime_id":', good, '{}', good].join('\n'))
    const args = here('replay', path('broken.jsonl'), '--topic', 'broken')
    const lenient = await runCli(...args)
    expect(lenient.code).to.equal(0)
    expect(lenient.stdout).to.include('delivered 3 rows').and.include('2 skipped')
    expect(lenient.stderr).to.match(/^skipped .*broken\.jsonl:2: not valid JSON/)
    expect(lenient.stderr).to.include('broken.jsonl:4: crime_id is missing')
    const strict = await runCli(...args, '--strict')
    expect(strict.code).to.equal(1)
    expect(strict.stderr).to.match(/^error: .*broken\.jsonl:2: not valid JSON/)
    expect(await rowsIn('broken')).to.equal(3)
  })

  it('takes the fields of key and time by name', async () => {
    writeFileSync(path('other.jsonl'), '{"id":"a","at":"2020-01-01T00:00:00Z"}\n')
    const options = ['--topic', 'other', '--key', 'id', '--time', 'at']
    await runCli(...here('replay', path('other.jsonl'), ...options))
    const [record] = await recordsOf('other')
    expect(record?.key).to.equal('a')
    expect(record?.value).to.deep.equal({ id: 'a', at: '2020-01-01T00:00:00Z' })
  })

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`delivers what it has sent on ${signal}, says how many, and exits with ${code}`, async () => {
      const topic = `cut-by-${signal}`
      const options = ['--topic', topic, '--rate', '200']
      const running = startCli(here('replay', path('calls.json'), ...options))
      // Progress lines come every two seconds.
      await eventually(() => running.stderr().includes('delivered'))
      running.child.kill(signal)
      const ended = await running.ended
      expect(ended.code).to.equal(code)
      const count = Number(/^interrupted: delivered (\d+) rows/.exec(ended.stdout)?.[1])
      expect(count).to.be.within(100, 2_900)
      expect(await rowsIn(topic)).to.equal(count)
    })
  }

  it('goes on after the newest event time with --continue, and repeats with later dates', async () => {
    const days = ['2018-12-30', '2018-12-31'] as const
    const lines = days.map((day, i) =>
      JSON.stringify({ crime_id: `${i}`, call_date_time: `${day}T10:00:00.000` }),
    )
    writeFileSync(path('two.jsonl'), lines.join('\n'))
    const replay = (...options: string[]) =>
      runCli(...here('replay', path('two.jsonl'), '--topic', 'again', ...options))
    await replay('--limit', '1')
    const rest = await replay('--continue')
    expect(rest.stdout).to.include('delivered 1 rows')
    expect((await replay('--continue')).stdout).to.include('delivered 0 rows')
    await replay('--continue', '--repeat', '--rate', '1000', '--limit', '3')
    const dates = (await recordsOf('again')).map((record) => timeOf(record).slice(0, 10))
    expect(dates.sort()).to.deep.equal([...days, '2019-01-01', '2019-01-02', '2019-01-03'])
  })

  it('ends well on Ctrl-C when it repeats: nothing else could end it', async () => {
    const options = ['--topic', 'endless', '--repeat', '--rate', '5000']
    const running = startCli(here('replay', path('two.jsonl'), ...options))
    await eventually(() => running.stderr().includes('round'))
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(code).to.equal(0)
    expect(stdout).to.match(/^delivered [\d,]+ rows/)
  })

  it('refuses what cannot be, before anything is sent', async () => {
    const cases: [args: string[], code: number, message: string][] = [
      [[], 2, 'name a file to replay, or set replay.file'],
      [[path('calls.json'), '--rate', '1', '--speed', '2'], 2, '--rate and --speed'],
      [[path('calls.json'), '--rate', 'fast'], 2, 'replay.rate'],
      [[path('calls.json'), '--order', 'random'], 2, 'replay.order'],
      [[path('calls.json'), '--zone', 'Mars/Phobos'], 2, 'replay.zone'],
      [[path('calls.json'), '--speed', '2', '--order', 'file'], 1, 'a speed needs rows in order'],
      [[path('calls.json'), '--repeat'], 1, 'give a rate or a speed'],
      [[path('calls.json'), '--repeat', '--rate', '1', '--order', 'file'], 1, 'repeat needs rows'],
      [[path('missing.json')], 1, 'there is no such file'],
    ]
    for (const [args, code, message] of cases) {
      const ended = await runCli(...here('replay', ...args, '--topic', 'refused'))
      expect(ended.stderr, args.join(' ')).to.include(message)
      expect(ended.code, args.join(' ')).to.equal(code)
    }
  })
})
