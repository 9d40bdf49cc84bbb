// Loaded into a process before its program (`node --import`): its wall clock jumps, in all of its threads alike,
// by up to an hour forth and back, several times a second. The seed is the query of this module's address.
import { createRandom } from '../../data/random.ts'

const JUMP_EVERY_MS = 250
const JUMP_MS_MAX = 3_600_000

/** Options of Node for a process whose clock jumps. */
export function jumpingBy(seed: number): string[] {
  return ['--import', `${import.meta.url.replace(/\?.*/, '')}?seed=${seed}`]
}

/** How often it has jumped after so many ms. */
export const jumpsIn = (ms: number): number => Math.floor(ms / JUMP_EVERY_MS)

const seed = new URL(import.meta.url).searchParams.get('seed')
if (seed !== null) {
  const trueNow = Date.now.bind(Date)
  let lastJump = -1
  let aheadMs = 0
  Date.now = () => {
    const nowMs = trueNow()
    const jump = Math.floor(nowMs / JUMP_EVERY_MS)
    if (jump !== lastJump) {
      lastJump = jump
      aheadMs = Math.round((createRandom(Number(seed), jump).next() * 2 - 1) * JUMP_MS_MAX)
    }
    return nowMs + aheadMs
  }
}
