// Makes a suite of test/integrity a program as well: `node dist/test/integrity/NAME.test.js --minutes 30` runs it
// again and again, each time from another seed, and sums up what was survived. Under mocha it does nothing.
import { spawn } from 'node:child_process'
import { basename, dirname } from 'node:path'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'

const FAULTS = /faults: (\d+)/g
const SEED_MAX = 1_000_000

/** Tells how many faults a test has injected: a long run adds them up. */
export function tellFaults(faults: number, what: string): void {
  console.log(`      faults: ${faults} (${what})`)
}

const [, script = ''] = process.argv
// The suite, which imports this, needs mocha and is never come to.
if (basename(dirname(script)) === 'integrity') process.exit(await runLong(script))

/** @returns the exit code: 1 when a round failed. */
async function runLong(suite: string): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '0' },
      seed: { type: 'string', default: String(Date.now() % SEED_MAX) },
      // Of a suite that has them.
      partitions: { type: 'string' },
    },
  })
  if (values.partitions !== undefined) process.env['MILLRACE_PARTITIONS'] = values.partitions
  const endMs = performance.now() + Number(values.minutes) * 60_000
  const failed: number[] = []
  let faults = 0
  let rounds = 0
  let seed = Number(values.seed)
  do {
    const { code, output } = await runRound(suite, seed)
    for (const [, count] of output.matchAll(FAULTS)) faults += Number(count)
    rounds += 1
    if (code !== 0) {
      failed.push(seed)
      console.log(output)
    }
    console.log(`seed ${seed}: ${code === 0 ? 'holds' : 'BROKEN'}`)
    seed = (seed + 1) % SEED_MAX
  } while (performance.now() < endMs)
  const which = failed.length === 0 ? '' : `, seeds ${failed.join(' ')}: again with --seed`
  console.log(`rounds: ${rounds}, faults: ${faults}, failed: ${failed.length}${which}`)
  return failed.length === 0 ? 0 : 1
}

async function runRound(suite: string, seed: number) {
  const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')
  const child = spawn(process.execPath, [mocha, '--no-config', '--exit', suite], {
    env: { ...process.env, MILLRACE_SEED: `${seed}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { code, output }
}
