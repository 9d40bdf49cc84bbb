// The order of a commit's steps where the group commits.
import { expect } from 'chai'
import type { Group } from '../../broker/ports.ts'
import { Committer } from '../../runtime/committer.ts'
import type { ThreadRequest } from '../../runtime/messages.ts'
import type { ThreadHandle } from '../../runtime/thread-handle.ts'

const POSITION = { topic: 'in', partition: 0, offset: 7 }
const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() }

/** A committer over one thread, and what it asks of it and of the group, in order. */
function committing({ hasUntold, fails = false }: { hasUntold: boolean; fails?: boolean }) {
  const steps: string[] = []
  const refuses = { commit: false }
  const thread = {
    hasEnded: false,
    request: ({ kind }: ThreadRequest) => {
      steps.push(kind)
      const positions = kind === 'prepare' ? [POSITION] : []
      const unmatched = [['named', 'x', 2]]
      return Promise.resolve({ id: 0, positions, unfinished: 0, unmatched, rows: 5, hasUntold })
    },
  } as unknown as ThreadHandle
  const group = {
    acknowledged: () => {
      steps.push('results acknowledged')
      return fails ? Promise.reject(new Error('refused')) : Promise.resolve()
    },
    commit: () => {
      steps.push('offsets')
      return refuses.commit ? Promise.reject(new Error('no answer')) : Promise.resolve()
    },
  } as unknown as Group
  const threads = () => [thread]
  const committer = new Committer(group, threads, () => Promise.resolve([]), clock as never)
  return { committer, steps, refuses }
}

describe('a commit', () => {
  it('has its offsets committed when threads are prepared', async () => {
    const { committer, steps } = committing({ hasUntold: false })
    await committer.commit()
    expect(steps).to.deep.equal(['prepare', 'offsets', 'committed'])
  })

  it('tells changelogs behind the results where these wait, and before the offsets', async () => {
    const { committer, steps } = committing({ hasUntold: true })
    await committer.commit()
    const between = ['results acknowledged', 'tell', 'offsets']
    expect(steps).to.deep.equal(['prepare', ...between, 'committed'])
  })

  it('tells them nothing when results are refused', async () => {
    const { committer, steps } = committing({ hasUntold: true, fails: true })
    const error: unknown = await committer.commit().catch((cause: unknown) => cause)
    expect(String(error)).to.include('refused')
    expect(steps).to.deep.equal(['prepare', 'results acknowledged', 'not-committed'])
  })

  it('tells the rows of those before it that came to nothing, unless they are undone and run again', async () => {
    const { committer, refuses } = committing({ hasUntold: false })
    refuses.commit = true
    await committer.commit().catch(() => undefined)
    refuses.commit = false
    expect(await committer.commit()).to.deep.include({ rows: 10, unmatched: [['named', 'x', 4]] })
    refuses.commit = true
    await committer.commit().catch(() => undefined)
    await committer.rewind(() => Promise.resolve())
    refuses.commit = false
    expect(await committer.commit()).to.deep.include({ rows: 5, unmatched: [['named', 'x', 2]] })
  })
})
