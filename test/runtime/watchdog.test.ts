// Threads that hang are ended, and none that does not, whatever the wall clock does.
import { expect } from 'chai'
import type { Clock } from '../../runtime/clock.ts'
import { silentLog } from '../../runtime/run-log.ts'
import type { ThreadHandle } from '../../runtime/thread-handle.ts'
import { Watchdog } from '../../runtime/watchdog.ts'

const HANG_MS = 30_000
const HOUR_MS = 3_600_000

describe('a thread that gives no sign of life', () => {
  let wallMs: number
  let monotonicMs: number
  let look: () => void
  let ended: number
  let watchdog: Watchdog
  const vitals = { beats: 1, isInTransaction: false }

  beforeEach(() => {
    wallMs = HOUR_MS
    monotonicMs = 0
    ended = 0
    const clock: Clock = {
      nowMs: () => wallMs,
      monotonicMs: () => monotonicMs,
      sleep: () => Promise.resolve(),
      every(_, tick) {
        look = tick
        return () => undefined
      },
    }
    const thread = {
      threadId: 'stream-thread-1',
      hasEnded: false,
      vitals,
      terminate() {
        ended += 1
        return Promise.resolve()
      },
    } as unknown as ThreadHandle
    watchdog = new Watchdog(
      () => HANG_MS,
      silentLog,
      () => [thread],
      clock,
    )
    watchdog.start()
    look()
  })

  it('hangs once it has given none for worker.hang.timeout.ms, and is ended', () => {
    monotonicMs = HANG_MS - 1
    look()
    expect([ended, watchdog.problems]).to.deep.equal([0, []])
    monotonicMs = HANG_MS
    look()
    expect(ended).to.equal(1)
    expect(watchdog.problems.join()).to.include('no sign of life for 30 s')
  })

  it('is well where only the wall clock says so, and hangs where that was set back', () => {
    wallMs += HOUR_MS
    monotonicMs = 1_000
    look()
    expect([ended, watchdog.problems]).to.deep.equal([0, []])
    wallMs -= 2 * HOUR_MS
    monotonicMs = HANG_MS
    look()
    expect(ended).to.equal(1)
  })
})
