import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openBroker } from '../../broker/open.ts'
import type { Broker } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { weather } from '../../jobs/transit/topics.ts'
import { toBytes } from '../../topology/serdes/serde.ts'
import { eventually, runCli, startCli, type Ended } from './run-cli.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('topics and tail, on the embedded log', () => {
  let directory: string
  let broker: Broker

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-tail-'))
    broker = await openBroker({ kind: 'embedded', directory })
    await broker.ensureTopics([
      { name: 'calls', partitions: 2 },
      { name: 'empty', partitions: 1 },
    ])
    await send('calls', 0, [
      ['a', '{"n": 12345678901234567890}', 0],
      ['b', '{\n  "n": 2\n}', 1_000],
      [null, null, 2_000],
    ])
    await send('calls', 1, [['\u001b[31mred', 'plain\u0007text', 1_538_000_000_000]])
  })

  after(async () => {
    await broker.close()
    rmSync(directory, { recursive: true })
  })

  type Row = readonly [key: string | null, value: string | Uint8Array | null, timestampMs: number]

  async function send(topic: string, partition: number, rows: readonly Row[]): Promise<void> {
    const producer = await broker.openProducer()
    const batch = new RecordBatchBuilder()
    for (const [key, value, timestampMs] of rows) {
      const encoded = typeof value === 'string' ? bytes(value) : value
      const headers = [{ key: 'from', value: bytes('test') }]
      batch.append(key === null ? null : bytes(key), encoded, timestampMs, headers)
    }
    await producer.send({ topic, partition }, batch)
    await producer.flush()
    await producer.close()
  }

  const on = (...args: string[]) => [...args, '--set', `bootstrap.servers=embedded:${directory}`]

  it('lists topics with their offsets and rows', async () => {
    const { code, stdout } = await runCli(...on('topics'))
    expect(stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).to.deep.equal([
      'topic partitions rows offsets (start-end of each partition)',
      'calls 2 4 0-3 0-1',
      'empty 1 0 0-0',
      '',
    ])
    expect(code).to.equal(0)
  })

  it('lists topics as JSON', async () => {
    const { stdout } = await runCli(...on('topics', '--json'))
    expect(JSON.parse(stdout)).to.deep.equal([
      {
        topic: 'calls',
        rows: 4,
        partitions: [
          { partition: 0, start: 0, end: 3, rows: 3 },
          { partition: 1, start: 0, end: 1, rows: 1 },
        ],
      },
      { topic: 'empty', rows: 0, partitions: [{ partition: 0, start: 0, end: 0, rows: 0 }] },
    ])
  })

  it('prints what is there, one line a record, without what a terminal would obey', async () => {
    const { code, stdout } = await runCli(...on('tail', 'calls', '--once'))
    expect(stdout.trim().split('\n').sort()).to.deep.equal([
      '0:0 1970-01-01T00:00:00.000Z a {"n": 12345678901234567890}',
      '0:1 1970-01-01T00:00:01.000Z b {"n":2}',
      '0:2 1970-01-01T00:00:02.000Z null null',
      '1:0 2018-09-26T22:13:20.000Z \\u001b[31mred plain\\u0007text',
    ])
    expect(code).to.equal(0)
  })

  it('prints JSON lines with all digits of a number, tombstones and headers', async () => {
    const { stdout } = await runCli(...on('tail', 'calls', '--once', '--json'))
    const lines = stdout.trim().split('\n').sort()
    expect(lines[0]).to.contain('"value":{"n": 12345678901234567890}')
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const headers = [{ key: 'from', value: 'test' }]
    const topic = 'calls'
    expect(records.slice(1)).to.deep.equal([
      { topic, partition: 0, offset: 1, timestamp: 1000, key: 'b', value: { n: 2 }, headers },
      { topic, partition: 0, offset: 2, timestamp: 2000, key: null, value: null, headers },
      {
        ...{ topic, partition: 1, offset: 0, timestamp: 1_538_000_000_000 },
        ...{ key: '\u001b[31mred', value: 'plain\u0007text', headers },
      },
    ])
  })

  it('marks bytes that are not UTF-8 as base64', async () => {
    await broker.ensureTopics([{ name: 'bytes', partitions: 1 }])
    await send('bytes', 0, [['k', Uint8Array.of(0xff, 0xfe), 0]])
    const human = await runCli(...on('tail', 'bytes', '--once'))
    expect(human.stdout).to.contain(' k base64://4=')
    const json = await runCli(...on('tail', 'bytes', '--once', '--json'))
    expect(JSON.parse(json.stdout)).to.deep.include({ value: { base64: '//4=' } })
  })

  it('reads bytes as the job does that reads or writes the topic', async () => {
    const value = { timestamp: 1_538_370_000_000, temperature: 72.5, status: 'sunny' }
    await broker.ensureTopics([{ name: weather.name, partitions: 1 }])
    await send(weather.name, 0, [['chicago', toBytes(weather.value, value), 0]])
    const human = await runCli(...on('tail', weather.name, '--once'))
    expect(human.stdout).to.contain(` chicago ${JSON.stringify(value)}\n`)
    const json = await runCli(...on('tail', weather.name, '--once', '--json', '--job', 'transit'))
    expect(JSON.parse(json.stdout)).to.deep.include({ key: 'chicago', value })
    const other = await runCli(...on('tail', weather.name, '--once', '--job', 'police-calls'))
    expect(other.stdout).to.contain(' chicago base64:')
  })

  it('follows a topic from its end until Ctrl-C, and ends well', async () => {
    await broker.ensureTopics([{ name: 'live', partitions: 1 }])
    await send('live', 0, [['old', '1', 0]])
    const tail = startCli(on('tail', 'live'))
    await eventually(() => tail.stderr().includes('reading live'))
    await send('live', 0, [['new', '2', 0]])
    await eventually(() => tail.stdout().includes('new'))
    tail.child.kill('SIGINT')
    const { code, stdout } = await tail.ended
    expect(stdout).to.equal('0:1 1970-01-01T00:00:00.000Z new 2\n')
    expect(code).to.equal(0)
  })

  it('ends quietly when nobody reads any more, as after | head', async () => {
    await broker.ensureTopics([{ name: 'many', partitions: 1 }])
    const rows = Array.from({ length: 20_000 }, (_, i): Row => [`key-${i}`, 'x'.repeat(100), i])
    await send('many', 0, rows)
    const main = fileURLToPath(new URL('../../cli/main.cjs', import.meta.url))
    const script = '"$0" "$@" | head -n 1; echo "exit ${PIPESTATUS[0]}"'
    const args = on('tail', 'many', '--from-beginning')
    const child = spawn('bash', ['-c', script, process.execPath, main, ...args])
    const ended = await new Promise<Ended>((resolve) => {
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
      child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    })
    expect(ended.stdout).to.match(/^0:0 .*\nexit 0\n$/)
    expect(ended.stderr).not.to.contain('error')
  })

  it('names a topic that was probably meant', async () => {
    const { code, stderr } = await runCli(...on('tail', 'cals', '--once'))
    expect(stderr).to.contain('did you mean calls?')
    expect(code).to.equal(1)
  })

  it('says that there are no topics yet in a new log', async () => {
    const { stdout } = await runCli(
      ...['topics', '--set', `bootstrap.servers=embedded:${join(directory, 'new')}`],
    )
    expect(stdout).to.match(/^embedded:.* has no topics yet\n$/)
  })
})
