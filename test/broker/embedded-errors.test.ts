// Directories that cannot be used: each is refused in words, and nothing in it is changed.
import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import fs, {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedBroker, openEmbeddedDataPort } from '../../broker/embedded/index.ts'
import { openEnvironment } from '../../broker/lmdb.ts'
import { BrokerError } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { pollRecords } from './records.ts'

const isRoot = process.getuid?.() === 0

async function refusal(directory: string): Promise<BrokerError> {
  try {
    await (await openEmbeddedBroker(directory)).close()
  } catch (error) {
    expect(error).to.be.instanceOf(BrokerError)
    return error as BrokerError
  }
  throw new Error('the directory was accepted')
}

describe('the embedded log refuses', function () {
  this.timeout(60_000)
  let directory = ''
  let file = ''

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'millrace-errors-')), 'log')
    file = join(directory, 'data.mdb')
  })
  afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }))

  async function fill(batches: number): Promise<void> {
    const broker = await openEmbeddedBroker(directory)
    await broker.ensureTopics([{ name: 't', partitions: 1 }])
    const producer = await broker.openProducer()
    const rows = new RecordBatchBuilder()
    for (let batch = 0; batch < batches; batch++) {
      for (let i = 0; i < 100; i++) rows.append(null, new Uint8Array(500).fill(i), 1)
      await producer.send({ topic: 't', partition: 0 }, rows)
      await producer.flush()
    }
    await broker.close()
  }

  function overwrite(path: string, from: number, length: number): void {
    const opened = openSync(path, 'r+')
    writeSync(opened, Buffer.alloc(length, 7), 0, length, from)
    closeSync(opened)
  }

  const segment = (): string => join(directory, 'segments', '0000000001.log')

  /** What reading the topic from its start comes to. */
  async function failureOfReading(): Promise<unknown> {
    const broker = await openEmbeddedBroker(directory)
    const reader = await broker.openReader({ topic: 't', partition: 0, offset: 0 })
    try {
      while ((await reader.read(0)) !== undefined);
    } catch (error) {
      return error
    } finally {
      await broker.close()
    }
    throw new Error('everything could be read')
  }

  it('a log of a newer format, and names both', async () => {
    await fill(1)
    const environment = openEnvironment(directory)
    environment.table('meta').putSync(Buffer.from('format'), Buffer.from('4'))
    environment.close()
    const before = readFileSync(file)
    const error = await refusal(directory)
    expect(error.code).to.equal('MILLRACE_LOG_VERSION')
    expect(error.message).to.include(directory).and.include('format 4').and.include('format 3')
    expect(readFileSync(file).equals(before), 'the file is as it was').to.equal(true)
  })

  it('more tables than there may be, and names how many', () => {
    mkdirSync(directory)
    const environment = openEnvironment(directory, { isSynced: false, tablesMax: 2 })
    const open = (name: string) => environment.table(name)
    for (const name of ['one', 'two']) open(name)
    expect(() => open('three'))
      .to.throw(`${directory} has as many tables as it may have, 2`)
      .with.property('code', 'MILLRACE_BROKER')
    environment.close()
  })

  it('a file that is no log', async () => {
    mkdirSync(directory)
    for (const content of ['hello', 'garbage '.repeat(10_000)]) {
      writeFileSync(file, content)
      const error = await refusal(directory)
      expect(error.code).to.equal('MILLRACE_LOG_CORRUPT')
      expect(error.message).to.include(file)
      expect(readFileSync(file, 'utf8')).to.equal(content)
    }
  })

  it('a log that is cut short, or whose head is damaged', async () => {
    await fill(20)
    overwrite(file, 4096, 4096)
    expect((await refusal(directory)).message).to.include('has a damaged head')
    rmSync(directory, { recursive: true })
    const broker = await openEmbeddedBroker(directory)
    const names = Array.from({ length: 1_500 }, (_, i) => `topic-${i}`)
    await broker.ensureTopics(names.map((name) => ({ name, partitions: 1 })))
    await broker.close()
    truncateSync(file, statSync(file).size / 2)
    const error = await refusal(directory)
    expect(error.code).to.equal('MILLRACE_LOG_CORRUPT')
    expect(error.message).to.include('is cut short')
  })

  it('to read a damaged batch, and says which and where it lies', async () => {
    await fill(20)
    overwrite(segment(), Math.floor(statSync(segment()).size / 2), 1)
    const failure = await failureOfReading()
    expect(failure).to.have.property('code', 'MILLRACE_LOG_CORRUPT')
    expect(String(failure)).to.match(
      /batch of t\/0 at offset 1000 .*0000000001\.log is not what was/,
    )
  })

  it('to read a batch whose file is cut short or gone', async () => {
    await fill(20)
    truncateSync(segment(), statSync(segment()).size - 1)
    const cut = await failureOfReading()
    expect(cut).to.have.property('code', 'MILLRACE_LOG_CORRUPT')
    expect(String(cut)).to.match(/batch of t\/0 at offset 1900 .*0000000001\.log is cut short/)
    rmSync(segment())
    const gone = await failureOfReading()
    expect(gone).to.have.property('code', 'MILLRACE_LOG_CORRUPT')
    expect(String(gone)).to.match(/batch of t\/0 at offset 0 .*0000000001\.log/)
  })

  for (const isFlushed of [false, true]) {
    const when = isFlushed ? 'while nobody waited' : 'at the commit'
    it(`a commit that the disk did not take ${when}, and writes it all again at the next`, async () => {
      await fill(1)
      const port = openEmbeddedDataPort({ kind: 'embedded', directory, applicationId: 'app' })
      const failed = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
      const { fdatasync, fdatasyncSync, writevSync } = fs
      let writes = 0
      try {
        fs.fdatasync = ((_file, done) => done(failed)) as typeof fs.fdatasync
        fs.fdatasyncSync = () => {
          throw failed
        }
        fs.writevSync = (...args) => {
          writes += 1
          return writevSync(...args)
        }
        syncBuiltinESMExports()
        const rows = new RecordBatchBuilder()
        rows.append(null, new Uint8Array(10), 1)
        port.produce({ topic: 't', partition: 0 }, rows)
        if (isFlushed) await new Promise<void>((done) => port.flush?.(done))
        expect(() => port.commit(() => undefined)).to.throw('EIO')
        Object.assign(fs, { fdatasync, fdatasyncSync })
        syncBuiltinESMExports()
        port.commit(() => undefined)
      } finally {
        Object.assign(fs, { fdatasync, fdatasyncSync, writevSync })
        syncBuiltinESMExports()
      }
      expect(writes).to.equal(2)
      const reader = port.openReader({ topic: 't', partition: 0, offset: 100 })
      expect(await pollRecords(reader, 1)).to.have.length(1)
      expect(port.pendingBytes).to.equal(0)
      port.close()
    })
  }

  it('a path that is a file, or below one', async () => {
    writeFileSync(directory, 'a file')
    for (const path of [directory, join(directory, 'below')]) {
      const error = await refusal(path)
      expect(error.code).to.equal('MILLRACE_BROKER')
      expect(error.message).to.include(`${path} is no directory`)
    }
    expect(readFileSync(directory, 'utf8')).to.equal('a file')
  })

  it('a directory in which it may not write', async function () {
    if (isRoot) return this.skip()
    mkdirSync(directory)
    chmodSync(directory, 0o500)
    const error = await refusal(directory)
    expect(error.code).to.equal('MILLRACE_BROKER')
    expect(error.message).to.include('is not writable')
  })

  it('to write on a full disk, loses nothing that was committed, and goes on when there is room', async function () {
    if (!mount(directory)) return this.skip()
    try {
      await fillDisk(directory)
    } finally {
      execFileSync('umount', ['-l', directory])
    }
  })
})

/** Mounts a small file system; false where that is not allowed. */
function mount(directory: string): boolean {
  mkdirSync(directory, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'none', directory], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function fillDisk(directory: string): Promise<void> {
  const ballast = join(directory, 'ballast')
  writeFileSync(ballast, Buffer.alloc(6_000_000))
  const broker = await openEmbeddedBroker(directory)
  await broker.ensureTopics([{ name: 't', partitions: 1 }])
  const port = openEmbeddedDataPort({ kind: 'embedded', directory, applicationId: 'app' })
  const rows = new RecordBatchBuilder()
  let committed = 0
  let failure: unknown
  while (failure === undefined && committed < 12_000) {
    for (let i = 0; i < 100; i++) rows.append(null, new Uint8Array(1_000), 1)
    port.produce({ topic: 't', partition: 0 }, rows)
    try {
      port.commit(() => undefined)
      committed += 100
    } catch (error) {
      failure = error
    }
  }
  expect(failure).to.have.property('code', 'MILLRACE_DISK_FULL')
  expect(String(failure)).to.include(directory)
  expect(port.pendingBytes).to.be.greaterThan(100_000)
  expect(await broker.watermarks([{ topic: 't', partition: 0 }])).to.deep.equal([
    { start: 0, end: committed },
  ])
  rmSync(ballast)
  port.commit(() => undefined)
  const reader = port.openReader({ topic: 't', partition: 0, offset: 0 })
  expect(await pollRecords(reader, committed + 100)).to.have.length(committed + 100)
  port.close()
  await broker.close()
}
