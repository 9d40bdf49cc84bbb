// Restoring from changelogs: what is saved on this machine comes up to what was committed, from wherever it
// stood, and no further.
import { expect } from 'chai'
import { VolatileStates } from '../../broker/kafka/volatile-states.ts'
import { openEnvironment } from '../../broker/lmdb.ts'
import { inspectDirectory } from '../../broker/lmdb-file.ts'
import type { MemoryDataPort } from '../../broker/memory/data-port.ts'
import { TaskCheckpoints, type LoggedEntry } from '../../runtime/task-checkpoints.ts'
import { TaskRestore } from '../../runtime/task-restore.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { at, INPUT, TASK, TaskMachines, TextStore } from './task-machines.ts'

describe('a task restored from its changelog', () => {
  const temporaryPath = temporaryDirectory()
  let machines: TaskMachines

  beforeEach(() => {
    machines = new TaskMachines()
  })

  it('lies in memory until its task has taken it in, where nothing is to be on the disk', () => {
    machines.commitOn('one', { a: 1, b: 2 })
    const states = new VolatileStates()
    const checkpoints = () => new TaskCheckpoints(states.open(TASK), TASK)
    const restore = new TaskRestore(checkpoints(), machines.toOpen(2), machines.port)
    while (!restore.isDone) restore.step()
    const opened = checkpoints()
    expect(opened.load()?.positions).to.deep.equal(at(2))
    const texts = () =>
      Array.from(opened.entriesOf('counts'), (bytes) => Buffer.from(bytes).toString())
    expect(texts()).to.deep.equal(['a', 'b'])
    opened.taken()
    const store = new TextStore()
    store.next = 'c'
    opened.save(opened.pack(at(3), { streamTimeMs: 30 }, [store]))
    expect([texts(), opened.savedBytes('counts')]).to.deep.equal([[], 0])
    states.close(TASK)
    expect(checkpoints().load()).to.equal(undefined)
  })

  it('goes on with changes behind a snapshot that was taken in, until they are twice as long', () => {
    const long = 'x'.repeat(1_200_000)
    machines.commitOn('one', { [long]: 1, [`${long}y`]: 2, [`${long}z`]: 3 })
    const lengths = (): number[] => machines.textsOn('one')!.map(({ length }) => length)
    // The second is all there is, and the third a change behind it.
    expect(lengths()).to.deep.equal([1_200_005, 1_200_001])
    const opened = machines.checkpointsOn('one')
    opened.load()
    opened.taken()
    const store = new TextStore()
    const commit = (offset: number): void =>
      opened.save(opened.pack(at(offset), { streamTimeMs: offset }, [store]))
    store.next = `${long}!!`
    commit(4)
    expect(lengths()).to.deep.equal([1_200_005, 1_200_001, 1_200_002])
    store.next = 'end'
    commit(5)
    expect(lengths()).to.deep.equal([1_200_005, 1_200_001, 1_200_002, 3])
    store.next = long
    commit(6)
    commit(7)
    expect(lengths()).to.deep.equal([1_200_004])
  })

  it('on another machine has all changes, the position and the stream time of the last', () => {
    machines.commitOn('one', { a: 5, b: 9 })
    const { texts, offset, meta } = machines.restoreOn('two', 9)
    expect({ texts, offset, meta }).to.deep.equal({
      texts: ['a', 'b'],
      offset: 9,
      meta: { streamTimeMs: 90 },
    })
  })

  it('reads only what is new where it had been before', () => {
    machines.commitOn('one', { a: 5 })
    machines.restoreOn('two', 5)
    machines.commitOn('one', { b: 9 })
    const { texts, records } = machines.restoreOn('two', 9)
    expect({ texts, records }).to.deep.equal({ texts: ['a', 'b'], records: 1 })
    expect(machines.restoreOn('two', 9).records).to.equal(0)
  })

  it('passes over what it has, though it does not know where that ends', () => {
    machines.commitOn('one', { a: 5, b: 9 })
    const { texts, records } = machines.restoreOn('one', 9)
    expect({ texts, records }).to.deep.equal({ texts: ['a', 'b'], records: 2 })
  })

  it('leaves out changes of input that was not committed, and writes no number again', () => {
    machines.commitOn('one', { a: 5, b: 9 })
    const { texts, offset } = machines.restoreOn('two', 5)
    expect({ texts, offset }).to.deep.equal({ texts: ['a'], offset: 5 })
    machines.commitOn('two', { 'b again': 9 })
    expect(machines.restoreOn('three', 9).texts).to.deep.equal(['a', 'b', 'b again'])
  })

  it('takes what it left out once it is told that the input was committed after all', () => {
    machines.commitOn('one', { a: 5, b: 9 })
    expect(machines.restoreOn('two', 5).texts, 'as one who was told too early').to.deep.equal(['a'])
    const { texts, offset } = machines.restoreOn('two', 9)
    expect({ texts, offset }).to.deep.equal({ texts: ['a', 'b'], offset: 9 })
  })

  it('takes what a later life of the task has committed behind what it leaves out again', () => {
    machines.commitOn('one', { a: 5, b: 90 })
    machines.restoreOn('two', 5)
    machines.commitOn('two', { 'some of b again': 20 })
    const { texts, offset } = machines.restoreOn('three', 20)
    expect({ texts, offset }).to.deep.equal({ texts: ['a', 'some of b again'], offset: 20 })
    expect(machines.restoreOn('two', 20).texts).to.deep.equal(['a', 'some of b again'])
  })

  it('does not take what it left out when it has written that anew', () => {
    machines.commitOn('one', { a: 5, b: 9 })
    machines.restoreOn('two', 5)
    machines.commitOn('two', { 'b again': 9 })
    expect(machines.restoreOn('two', 9).texts).to.deep.equal(['a', 'b again'])
  })

  it('has nothing where nothing was committed', () => {
    machines.commitOn('one', { a: 5 })
    const { texts, offset } = machines.restoreOn('two', 0)
    expect({ texts, offset }).to.deep.equal({ texts: undefined, offset: undefined })
    machines.commitOn('two', { 'a again': 5 })
    expect(machines.restoreOn('three', 5).texts).to.deep.equal(['a', 'a again'])
  })

  describe('where an owner goes on that has an heir', () => {
    /** Takes the task over, at what is on the machine. @returns what commits a change, up to an offset. */
    const ownerOn = (name: string, generation: number) => {
      const checkpoints = machines.checkpointsOn(name)
      checkpoints.load()
      checkpoints.takeOver(['counts'], generation)
      const store = new TextStore()
      return (text: string, offset: number): void => {
        store.next = text
        checkpoints.save(checkpoints.pack(at(offset), { streamTimeMs: offset * 10 }, [store]))
        machines.port.commit(() => undefined)
      }
    }

    it('takes what the heir wrote, whatever lies between', () => {
      const owner = ownerOn('one', 1)
      owner('a', 5)
      machines.restoreOn('two', 5)
      const heir = ownerOn('two', 2)
      owner('b, that nobody will know', 9)
      owner('c, either', 12)
      heir('b', 8)
      heir('c', 11)
      owner('d, no more', 20)
      expect(machines.restoreOn('three', 11).texts?.slice(-2)).to.deep.equal(['b', 'c'])
      expect(machines.restoreOn('three', 30).texts?.slice(-2)).to.deep.equal(['b', 'c'])
    })

    it('does so where the owner had written nothing when the heir came: the group tells them apart', () => {
      const [owner, heir] = [ownerOn('one', 4), ownerOn('two', 5)]
      owner('a, that nobody will know', 9)
      heir('a', 5)
      owner('b, no more', 9)
      heir('b', 8)
      expect(machines.restoreOn('three', 9).texts?.slice(-2)).to.deep.equal(['a', 'b'])
    })

    it('has other keys for what the heir writes: compaction keeps that', () => {
      const owner = ownerOn('one', 4)
      owner('a', 5)
      machines.restoreOn('two', 5)
      const heir = ownerOn('two', 5)
      for (let i = 0; i < 3; i++) owner(`owner ${i}`, 6 + i)
      const before = new Set(machines.keysInLog())
      for (let i = 0; i < 3; i++) heir(`heir ${i}`, 6 + i)
      expect(machines.keysInLog().filter((key) => before.has(key))).to.have.length(before.size)
    })
  })

  it('writes nothing that a snapshot replaces: lmdb would count pages which the file never gets', () => {
    const directory = temporaryPath('restored')
    const environment = openEnvironment(directory)
    const entry = (number: number, isSnapshot: boolean, length: number): LoggedEntry => ({
      number,
      slot: number,
      isSnapshot,
      meta: { streamTimeMs: number, positions: at(number) },
      bytes: new Uint8Array(length).fill(number),
    })
    const checkpoints = new TaskCheckpoints(environment, TASK)
    checkpoints.restore('counts', [
      entry(1, false, 200_000),
      entry(2, true, 500),
      entry(3, false, 100),
    ])
    const entries = Array.from(checkpoints.load()!.stores.get('counts')!, (bytes) => bytes[0])
    environment.close()
    expect(entries).to.deep.equal([2, 3])
    inspectDirectory(directory)
  })

  it('starts over where the changelog has other offsets than it knows', () => {
    machines.commitOn('one', { a: 5 })
    machines.restoreOn('one', 5)
    const former = machines.port
    machines = new TaskMachines()
    machines.commitOn('other', { x: 2 })
    const current = machines.port
    // The state of the first machine, beside a topic made anew which is shorter than it knows.
    machines.port = Object.assign(Object.create(current) as MemoryDataPort, {
      openState: (task: string) => former.openState(task),
      openReader: current.openReader.bind(current),
    })
    const place = machines.checkpointsOn('one')
    place.load()
    place.reached({ counts: 100 })
    expect(machines.restoreOn('one', 2).texts).to.deep.equal(['x'])
  })

  it('keeps what it has where the changelog is empty, and writes all of it there', () => {
    const before = new TaskCheckpoints(machines.state('one'), TASK)
    const store = new TextStore()
    store.next = 'a'
    before.save(before.pack(at(5), { streamTimeMs: 50 }, [store]))
    expect(machines.restoreOn('one', 5).texts).to.deep.equal(['a'])
    machines.commitOn('one', { b: 9 })
    expect(machines.restoreOn('two', 9).texts).to.deep.equal(['all b'])
  })

  describe('as a copy of what another instance runs', () => {
    const stepAll = (copy: TaskRestore): void => {
      while (copy.step() > 0);
    }

    it('goes on and on, and leaves only the tail to a restore', () => {
      const copy = machines.copyOn('two', Infinity)
      machines.commitOn('one', { a: 5 })
      stepAll(copy)
      machines.commitOn('one', { b: 9 })
      stepAll(copy)
      expect(copy.isDone).to.equal(false)
      expect(copy.remaining).to.equal(0)
      copy.close()
      machines.commitOn('one', { c: 12 })
      expect(machines.textsOn('two')).to.deep.equal(['a', 'b'])
      const { records, texts, offset } = machines.restoreOn('two', 12)
      expect({ records, texts, offset }).to.deep.equal({
        records: 1,
        texts: ['a', 'b', 'c'],
        offset: 12,
      })
    })

    it('goes on behind what it has when it is begun again', () => {
      machines.commitOn('one', { a: 5, b: 9 })
      const former = machines.copyOn('two', Infinity)
      stepAll(former)
      former.close()
      machines.commitOn('one', { c: 12 })
      const copy = machines.copyOn('two', Infinity)
      expect([copy.remaining, copy.step(), copy.remaining]).to.deep.equal([1, 1, 0])
      expect(machines.textsOn('two')).to.deep.equal(['a', 'b', 'c'])
    })

    it('takes over what belongs to committed input, and waits with the rest', () => {
      machines.commitOn('one', { a: 5, b: 9 })
      const copy = machines.copyOn('two', 5)
      stepAll(copy)
      expect(machines.textsOn('two')).to.deep.equal(['a'])
      machines.commitOn('one', { c: 12 })
      expect(copy.step(), 'meanwhile nothing more is read').to.equal(0)
      copy.inputsCommitted([{ topic: INPUT, partition: 0, offset: 9 }])
      stepAll(copy)
      expect(machines.textsOn('two')).to.deep.equal(['a', 'b'])
      expect(copy.remaining).to.be.greaterThan(0)
    })

    it('lets a restore read again what it was waiting with', () => {
      machines.commitOn('one', { a: 5, b: 9 })
      const copy = machines.copyOn('two', 5)
      stepAll(copy)
      copy.close()
      expect(machines.restoreOn('two', 9).texts).to.deep.equal(['a', 'b'])
    })

    it('gives up what it has where the changelog was made anew, even if nothing is in it', () => {
      machines.commitOn('one', { a: 5 })
      machines.restoreOn('two', 5)
      const known = machines.checkpointsOn('two')
      known.load()
      known.reached({ counts: 100 })
      const copy = machines.copyOn('two', Infinity)
      stepAll(copy)
      expect(machines.textsOn('two')).to.deep.equal(['a'])
      expect(copy.remaining).to.equal(0)
    })
  })
})
