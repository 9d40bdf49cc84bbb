// Runs the command line and kills it in the middle of its work, at places drawn from a seed.
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../data/random.ts'
import { startCli, type Ended, type Running } from '../cli/run-cli.ts'
import { until } from './until.ts'

/** Seed of a suite's random choices: `MILLRACE_SEED` repeats those of a run that failed. */
export const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 1_000_000)

/** How long it takes to start, and to restore what was kept. */
const STARTING_MS = 3_000
/** On a machine that has other work, too. */
const PATIENCE_MS = 120_000

export interface KillOptions {
  /** Arguments of the command line. */
  readonly args: readonly string[]
  readonly times: number
  /** Progress that is surely reached: no kill waits for more. */
  readonly until: number
  /** How far the work is, in whatever unit. */
  readonly progress: () => Promise<number>
}

/**
 * Starts, kills by SIGKILL once the work has gone a random way further, and does it again.
 * @returns how far the work was at each kill.
 */
export async function killRepeatedly(options: KillOptions): Promise<number[]> {
  const { args, times, progress } = options
  const random = createRandom(seed, 0xdead)
  const killedAt: number[] = []
  for (let i = 0; i < times; i++) {
    const before = await progress()
    // Work may have gone far ahead before the last kill came: what is left is shared among the others, and
    // where nothing is left they come while it starts.
    const left = Math.max(0, options.until - before)
    const goal = before + Math.ceil((random.next() * left) / (times - i))
    const run = startCli(args)
    try {
      if (left === 0) await sleep(random.next() * STARTING_MS)
      const isThere = async (): Promise<boolean> => {
        if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr()}`)
        return (await progress()) >= goal
      }
      await until(`progress is ${goal}`, isThere, PATIENCE_MS)
      killedAt.push(await progress())
    } finally {
      await kill(run)
    }
  }
  return killedAt
}

/** Ends a run at once. */
export async function kill(run: Running): Promise<Ended> {
  run.child.kill('SIGKILL')
  return run.ended
}
