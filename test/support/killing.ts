// Runs the command line and kills it in the middle of its work, at places drawn from a seed.
import { createRandom } from '../../data/random.ts'
import { startCli, type Ended, type Running } from '../cli/run-cli.ts'
import { until } from './until.ts'

/** Seed of a suite's random choices: `MILLRACE_SEED` repeats those of a run that failed. */
export const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 1_000_000)

export interface KillOptions {
  /** Arguments of the command line. */
  readonly args: readonly string[]
  readonly times: number
  /** How much progress the kills may wait for altogether. */
  readonly budget: number
  /** How far the work is, in whatever unit. */
  readonly progress: () => Promise<number>
}

/**
 * Starts, kills by SIGKILL once the work has gone a random way further, and does it again.
 * @returns how far the work was at each kill.
 */
export async function killRepeatedly(options: KillOptions): Promise<number[]> {
  const { args, times, budget, progress } = options
  const random = createRandom(seed, 0xdead)
  const killedAt: number[] = []
  for (let i = 0; i < times; i++) {
    const before = await progress()
    const goal = before + 1 + Math.floor((random.next() * budget) / times)
    const run = startCli(args)
    await until(`progress is ${goal}`, async () => {
      if (run.child.exitCode !== null) throw new Error(`it ended: ${run.stderr()}`)
      return (await progress()) >= goal
    })
    killedAt.push(await progress())
    await kill(run)
  }
  return killedAt
}

/** Ends a run at once. */
export async function kill(run: Running): Promise<Ended> {
  run.child.kill('SIGKILL')
  return run.ended
}
