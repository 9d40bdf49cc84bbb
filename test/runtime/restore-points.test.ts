// A restore that does not begin at the start of a changelog, but where the group knows that the store is whole.
import { expect } from 'chai'
import type { RestorePoint } from '../../broker/ports.ts'
import { TaskRestore } from '../../runtime/task-restore.ts'
import { TaskMachines } from './task-machines.ts'

/** Behind so much a snapshot is due. */
const MUCH = 'x'.repeat(1_200_000)

describe('the restore of a task from a restore point', () => {
  let machines: TaskMachines
  beforeEach(() => {
    machines = new TaskMachines()
  })

  /** Commits a lot, and behind it a snapshot. @returns the restore point that is committed with that. */
  const commitSnapshot = (name: string, much: number, snapshot: number): RestorePoint => {
    machines.commitOn(name, { [MUCH]: much }).reached({ counts: machines.end })
    const checkpoints = machines.commitOn(name, { b: snapshot })
    return checkpoints.restorePoints!['counts']!
  }

  it('reads nothing before it', () => {
    const from = commitSnapshot('one', 5, 9)
    machines.commitOn('one', { c: 12 })
    const { texts, offset, records } = machines.restoreOn('two', 12, { from })
    expect({ texts, offset, records }).to.deep.equal({
      texts: ['all b', 'c'],
      offset: 12,
      records: 2,
    })
    expect(machines.restoreOn('three', 12).records, 'without one').to.equal(5)
  })

  it('tells the same one from then on', () => {
    const from = commitSnapshot('one', 5, 9)
    machines.restoreOn('two', 9)
    const restored = machines.checkpointsOn('two')
    restored.load()
    expect(restored.restorePoints).to.deep.equal({ counts: from })
  })

  it('begins there, too, where what is here is from long before', () => {
    machines.commitOn('one', { a: 2 })
    machines.restoreOn('two', 2)
    const from = commitSnapshot('one', 5, 9)
    const { texts, records } = machines.restoreOn('two', 9, { from })
    expect({ texts, records }).to.deep.equal({ texts: ['all b'], records: 1 })
  })

  it('goes on behind what is here where that is newer', () => {
    const from = commitSnapshot('one', 5, 9)
    machines.restoreOn('two', 9)
    machines.commitOn('one', { c: 12 })
    const { texts, records } = machines.restoreOn('two', 12, { from })
    expect({ texts, records }).to.deep.equal({ texts: ['all b', 'c'], records: 1 })
  })

  it('begins anew at the start where it does not meet what is to lie there', () => {
    const { offset, number } = commitSnapshot('one', 5, 9)
    machines.commitOn('one', { c: 12 })
    const from = { offset: offset + 1, number }
    const { texts, records } = machines.restoreOn('two', 12, { from })
    expect({ texts, records }).to.deep.equal({ texts: ['all b', 'c'], records: 6 })
  })

  it('begins anew where that belongs to input which was not committed', () => {
    const from = commitSnapshot('one', 5, 9)
    const { texts, offset } = machines.restoreOn('two', 5, { from })
    expect({ texts, offset }).to.deep.equal({ texts: [MUCH], offset: 5 })
  })

  it('begins anew behind one that was cut off: what that has saved is not all', () => {
    machines.commitOn('one', { a: 2 }).reached({ counts: machines.end })
    const checkpoints = machines.commitOn('one', { [MUCH]: 5, b: 9 })
    const from = checkpoints.restorePoints!['counts']!
    const bounds = machines.toOpen(5, { from })
    const cutOff = new TaskRestore(
      machines.checkpointsOn('two'),
      bounds,
      machines.port,
      false,
      () => 0,
    )
    cutOff.step()
    cutOff.close()
    expect(machines.textsOn('two')).to.include(MUCH)
    expect(machines.restoreOn('two', 5).texts?.slice(-2)).to.deep.equal(['a', MUCH])
  })

  it('takes a later snapshot for it, whatever was deleted before that', () => {
    const { offset } = commitSnapshot('one', 5, 9)
    const { texts } = machines.restoreOn('two', 9, { from: { offset, number: 1 } })
    expect(texts).to.deep.equal(['all b'])
  })

  it('is asked for none where there is no snapshot', () => {
    expect(machines.commitOn('one', { a: 5 }).restorePoints).to.equal(undefined)
  })
})
