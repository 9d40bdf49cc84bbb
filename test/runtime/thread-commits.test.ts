import { expect } from 'chai'
import type { DataPort } from '../../broker/ports.ts'
import type { CheckpointUpdate } from '../../state/checkpoint-store.ts'
import type { Outputs } from '../../runtime/outputs.ts'
import type { Task } from '../../runtime/task.ts'
import { ThreadCommits } from '../../runtime/thread-commits.ts'
import { Vitals } from '../../runtime/vitals.ts'

/** A task that packs updates of a store, and notes what it is asked to save: the first byte of each. */
class FakeTask {
  readonly saves: number[][] = []
  isUnsure = false
  hasUntold = false
  next: CheckpointUpdate | undefined

  change(number: number, length = 1): void {
    const bytes = new Uint8Array(length).fill(number)
    this.next = { positions: [], stores: [{ name: 'counts', bytes, snapshot: false }] }
  }

  checkpoint(): CheckpointUpdate | undefined {
    const update = this.next
    this.next = undefined
    return update
  }

  tell(): void {
    this.hasUntold = false
  }

  save(...updates: readonly CheckpointUpdate[]): void {
    if (updates.length > 0) this.saves.push(updates.map(({ stores }) => stores[0]!.bytes[0]!))
  }
}

describe('the commits of a thread whose group commits', () => {
  const port = { transactional: false, commit: (work: () => void) => work() } as DataPort
  let task: FakeTask
  let commits: ThreadCommits

  beforeEach(() => {
    task = new FakeTask()
    const outputs = { flush: () => undefined } as unknown as Outputs
    commits = new ThreadCommits(port, outputs, new Vitals(Vitals.allocate()))
  })

  const commit = (number: number, atMs: number, length?: number): void => {
    task.change(number, length)
    commits.prepare([task as unknown as Task], () => undefined)
    commits.settle(atMs)
    commits.saveIfDue(atMs, false)
  }

  it('write the state of a second at once', () => {
    commit(1, 5_000)
    commit(2, 5_500)
    commits.saveIfDue(5_999, false)
    expect(task.saves).to.deep.equal([])
    commits.saveIfDue(6_000, false)
    expect(task.saves).to.deep.equal([[1, 2]])
    commit(3, 6_100)
    commits.saveIfDue(7_000, false)
    expect(task.saves, 'a second after the first of them').to.deep.equal([[1, 2]])
    commits.saveIfDue(7_100, false)
    expect(task.saves).to.deep.equal([[1, 2], [3]])
  })

  it('write it at once where the thread is idle', () => {
    commit(1, 5_000)
    commits.saveIfDue(5_001, true)
    expect(task.saves).to.deep.equal([[1]])
    commits.saveIfDue(5_002, true)
    expect(task.saves, 'with nothing new').to.deep.equal([[1]])
  })

  it('let a task run that another may have had, once the group has taken where it stands', () => {
    task.isUnsure = true
    const all = new Map([['1_0', task as unknown as Task]])
    commits.settle(4_000)
    expect(task.isUnsure, 'a commit without it').to.equal(true)
    commits.prepare(all.values(), () => undefined)
    expect(task.isUnsure, 'not yet taken').to.equal(true)
    commits.settle(5_000)
    expect(task.isUnsure).to.equal(false)
  })

  it('say that changelogs wait for the results, of a commit that came to nothing, too', () => {
    const all = [task as unknown as Task]
    commit(1, 5_000)
    expect(commits.hasUntold).to.equal(false)
    task.hasUntold = true
    for (let times = 0; times < 2; times++) {
      commits.prepare(all, () => undefined)
      expect(commits.hasUntold).to.equal(true)
    }
    commits.tell(all)
    commits.prepare(all, () => undefined)
    expect(commits.hasUntold).to.equal(false)
  })

  it('do not wait where it is much', () => {
    commit(1, 5_000, 5_000_000)
    commit(2, 5_100, 5_000_000)
    expect(task.saves).to.deep.equal([[1, 2]])
  })

  it('write what was committed before a task is given up, and nothing else', () => {
    commit(1, 5_000)
    task.change(2)
    commits.prepare([task as unknown as Task], () => undefined)
    commits.release(task as unknown as Task)
    expect(task.saves).to.deep.equal([[1]])
    commits.settle(9_000)
    commits.save()
    expect(task.saves, 'once').to.deep.equal([[1]])
  })

  it('write nothing of what the group did not commit', () => {
    commit(1, 5_000)
    task.change(2)
    commits.prepare([task as unknown as Task], () => undefined)
    commits.discard()
    commits.save()
    expect(task.saves).to.deep.equal([[1]])
  })
})
