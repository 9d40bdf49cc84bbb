// A job with many times more state than memory for it: killed at any moment it loses and doubles nothing, and what
// it takes in memory does not grow with its state: MILLRACE_STATE_MB=800 shows that.
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Broker } from '../../broker/ports.ts'
import { setting, startCli, type Running } from '../cli/run-cli.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { rowsIn } from '../support/final-tables.ts'
import { kill } from '../support/killing.ts'
import { expectNotes, NOTE_BYTES, notes, NOTES_JOB } from '../support/notes.ts'
import { writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const STATE_MB = Number(process.env['MILLRACE_STATE_MB'] ?? 40)
const KEYS = (STATE_MB * 1_000_000) / NOTE_BYTES
/** From so much on it shows whether memory grows with the state. */
const LARGE_MB = 400
const MEMORY_MB = 8
const ROUNDS = 2
const PARTITIONS = 2
const PATIENCE_MS = 240_000

/** What a process has in memory for itself, MB: not what it has mapped of files. */
function memoryMb({ child }: Running): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1_000
}

describe('a job with more state than memory, on the embedded log', function () {
  this.timeout(2 * PATIENCE_MS)
  const logs = embeddedLogs()
  let broker: Broker
  let mostMb = 0

  const start = (...more: string[]): Running =>
    startCli(
      [
        'start',
        fileURLToPath(NOTES_JOB),
        ...setting({
          'bootstrap.servers': `embedded:${logs.directory('log')}`,
          'state.memory.max.bytes': MEMORY_MB * 1_000_000,
          'num.stream.threads': 1,
          'server.enabled': false,
        }),
        ...more,
      ],
      ['--max-old-space-size=96'],
    )

  /** Waits until so many results are there, or it has ended, and notes what memory it takes meanwhile. */
  const watch = (running: Running, rows: number): Promise<void> =>
    until(
      `${rows} results are there`,
      async () => {
        if (running.child.exitCode !== null) {
          if (rows !== Infinity) throw new Error(`it ended: ${running.stderr()}`)
          return true
        }
        mostMb = Math.max(mostMb, memoryMb(running))
        return (await rowsIn(broker, 'kept-notes')) >= rows
      },
      PATIENCE_MS,
    )

  before(async function () {
    if (process.platform !== 'linux') this.skip()
    broker = await logs.open('log')
    await writeInput(broker, notes(KEYS, ROUNDS), PARTITIONS, { topic: 'notes' })
    for (const share of [0.4, 0.8]) {
      const running = start()
      await watch(running, share * ROUNDS * KEYS)
      await kill(running)
    }
    const last = start('--once')
    await watch(last, Infinity)
    const { code, stderr } = await last.ended
    expect(code, stderr).to.equal(0)
  })

  it('has counted each row once, and kept what belongs to each key', async () => {
    await expectNotes(broker, KEYS, ROUNDS)
  })

  // A process takes some 300 MB by itself while it has this much to do: less state would not show.
  if (STATE_MB < LARGE_MB) return
  it('took less memory than its state does', () => {
    expect(mostMb, `most of ${STATE_MB} MB of state`).to.be.within(MEMORY_MB, LARGE_MB)
  })
})
