// Workers and clients that end while the addon is at work: nothing hangs, crashes or stays behind.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { loadAddon } from '../../broker/native/addon.ts'
import { sharedKafka } from '../support/kafka.ts'
import { fresh, send, withTopic } from './contract-member.ts'
import { connect, DATA_PATHS, openChannel } from './kafka-member.ts'
import { numbered, until } from './records.ts'

const ROUNDS = Number(process.env.MILLRACE_ROUNDS ?? 100)
const WARM_ROUNDS = 40
const GROWN_MB_MAX = 60
const CHILD_MS_MAX = 30_000
const MOMENT_MS_MAX = 60
const SWEEP_MS = 300
const BLOCKS = 20_000
const BLOCK_BYTES = 10_000
const run = promisify(execFile)

/** Runs a process that ends so; rejects with its exit code, or the signal, where it is not 0. */
async function endWell(work: string, ending: string, momentMs: number): Promise<void> {
  const { bootstrapServers } = await sharedKafka()
  const script = fileURLToPath(import.meta.url).replace('life.test', 'child')
  const args = [script, bootstrapServers, work, ending, String(momentMs)]
  const { stdout } = await run(process.execPath, args, { timeout: CHILD_MS_MAX })
  expect(stdout).to.equal('left\n')
}

describe('what ends while the addon works', function () {
  this.timeout(60_000 + ROUNDS * 1_000)

  before(function () {
    if (!DATA_PATHS.includes('native')) this.skip()
  })

  for (const [work, ending, what] of [
    ['poll', 'terminate', 'a worker that polls is ended by force'],
    ['produce', 'terminate', 'a worker that produces is ended by force'],
    [
      'leave',
      'itself',
      'a worker ends by itself and leaves its reader open while rows go on coming',
    ],
    ['poll', 'exit', 'the process exits while a worker polls'],
    ['produce', 'exit', 'the process exits while a worker produces'],
  ] as const) {
    it(`does no harm: ${what}`, () => endWell(work, ending, 0))
  }

  for (const [work, ending] of [
    ['poll', 'terminate'],
    ['produce', 'terminate'],
    ['poll', 'exit'],
    ['produce', 'exit'],
    ['poll', 'close'],
    ['produce', 'close'],
  ] as const) {
    const momentMs = Math.round(Math.random() * MOMENT_MS_MAX)
    it(`does no harm at any moment: ${work}, ${ending}, after ${momentMs} ms`, () =>
      endWell(work, ending, momentMs))
  }

  it(`leaves no memory behind in ${ROUNDS} rounds of opening and closing`, async () => {
    const own = await connect()
    const topic = await withTopic(own)
    await send(own, { topic, partition: 0 }, 3_000)
    let warmBytes = 0
    for (let round = 0; round < ROUNDS; round++) {
      if (round === WARM_ROUNDS) warmBytes = process.memoryUsage.rss()
      const broker = await connect()
      const group = await broker.openGroup({ applicationId: fresh('app'), stateDir: '/nowhere' })
      const port = openChannel(group)
      const reader = port.openReader({ topic, partition: 0, offset: 0 })
      port.produce({ topic, partition: 0 }, numbered(10))
      await until('rows come', () => (reader.poll()?.count ?? 0) > 0)
      // Every way to leave things behind: rows not read, readers not closed, ports closed last.
      if (round % 2 === 0) await group.commit([])
      if (round % 3 === 0) reader.close()
      if (round % 3 === 1) port.close()
      await broker.close()
      port.close()
    }
    await own.close()
    const { addon } = loadAddon()
    await until('all clients are gone', () => addon?.clientCount() === 0)
    const grownMb = (process.memoryUsage.rss() - warmBytes) / 1024 / 1024
    expect(grownMb).to.be.lessThan(GROWN_MB_MAX)
  })

  it('gives memory back to the system that lies free between what stays', async function () {
    const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
    if (header.glibcVersionRuntime === undefined) return this.skip()
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    let blocks = Array.from({ length: BLOCKS }, () => Buffer.allocUnsafeSlow(BLOCK_BYTES).fill(1))
    const mb = (): number => process.memoryUsage.rss() / 1024 / 1024
    const filledMb = mb()
    blocks = blocks.filter((_, i) => i % 50 === 0)
    collectGarbage()
    // What it found is freed beside.
    await sleep(SWEEP_MS)
    loadAddon().addon!.giveMemoryBack()
    expect(blocks).to.have.length(BLOCKS / 50)
    expect(filledMb - mb()).to.be.greaterThan(((BLOCKS * BLOCK_BYTES) / 1024 / 1024) * 0.7)
  })
})
