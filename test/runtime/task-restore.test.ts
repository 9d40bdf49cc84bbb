// Restoring from changelogs: what is saved on this machine comes up to what was committed, from wherever it
// stood, and no further.
import { expect } from 'chai'
import { VolatileStates } from '../../broker/kafka/volatile-states.ts'
import { openEnvironment } from '../../broker/lmdb.ts'
import { inspectDirectory } from '../../broker/lmdb-file.ts'
import { MemoryDataPort } from '../../broker/memory/data-port.ts'
import { MemoryLog } from '../../broker/memory/log.ts'
import { keyOf } from '../../broker/record-batch.ts'
import { changelogTopic } from '../../state/changelog.ts'
import { changelogWriter } from '../../runtime/changelog-writer.ts'
import { TaskCheckpoints, type LoggedEntry } from '../../runtime/task-checkpoints.ts'
import type { TaskToOpen } from '../../runtime/messages.ts'
import { TaskRestore } from '../../runtime/task-restore.ts'
import type { TaskStore } from '../../processors/processor.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'

const APP = 'app'
const TASK = '1_0'
const INPUT = 'orders'
const LOG = changelogTopic(APP, 'counts')
const at = (offset: number) => [{ topic: INPUT, partition: 0, offset }]

/** A store that packs what it is told. */
class TextStore implements TaskStore {
  readonly name = 'counts'
  readonly rows = 0
  readonly sizeBytes = 0
  readonly changedRows = 1
  readonly removedRows = 0
  next = ''
  pack(isSnapshot: boolean): Uint8Array {
    return new TextEncoder().encode(`${isSnapshot ? 'all ' : ''}${this.next}`)
  }
  restore(): void {
    throw new Error('not asked for here')
  }
}

describe('a task restored from its changelog', () => {
  const temporaryPath = temporaryDirectory()
  let log: MemoryLog
  let port: MemoryDataPort

  beforeEach(() => {
    log = new MemoryLog()
    log.ensure(LOG, 1)
    port = new MemoryDataPort(log, APP)
  })

  const machine = (name: string) => port.openState(`${name}/${TASK}`)
  const checkpointsOn = (name: string): TaskCheckpoints =>
    new TaskCheckpoints(machine(name), TASK, changelogWriter(port, APP, 0))

  /** Commits changes of a store, up to the offset of each. */
  const commitOn = (name: string, changes: Readonly<Record<string, number>>): void => {
    const checkpoints = checkpointsOn(name)
    checkpoints.load()
    const store = new TextStore()
    for (const [text, offset] of Object.entries(changes)) {
      store.next = text
      checkpoints.save(checkpoints.pack(at(offset), { streamTimeMs: offset * 10 }, [store]))
    }
    port.commit(() => undefined)
  }

  const toOpen = (committed: number, start = 0): TaskToOpen => ({
    spec: {
      taskId: TASK,
      subtopology: 1,
      partition: 0,
      inputs: [{ topic: INPUT, alignmentSlot: -1 }],
      stores: ['counts'],
    },
    inputs: [{ offset: committed, inputStart: 0, stopAt: Infinity }],
    changelogs: [
      { store: 'counts', topic: LOG, start, end: log.end({ topic: LOG, partition: 0 }) },
    ],
  })

  /** The keys of all records of the changelog. */
  const keysInLog = (): string[] => {
    const reader = port.openReader({ topic: LOG, partition: 0, offset: 0 })
    const keys: string[] = []
    for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
      for (let row = 0; row < batch.count; row++) {
        keys.push(Buffer.from(keyOf(batch, row) ?? []).toString())
      }
    }
    reader.close()
    return keys
  }

  const textsOn = (name: string): string[] | undefined => {
    const entries = checkpointsOn(name).load()?.stores.get('counts')
    return entries && Array.from(entries, (bytes) => new TextDecoder().decode(bytes))
  }

  const restoreOn = (name: string, committed: number, start = 0) => {
    const restore = new TaskRestore(checkpointsOn(name), toOpen(committed, start), port)
    let records = 0
    while (!restore.isDone) records += restore.step()
    const saved = checkpointsOn(name).load()
    const texts = textsOn(name)
    return { records, texts, offset: saved?.positions[0]?.offset, meta: saved?.meta }
  }

  const copyOn = (name: string, committed: number): TaskRestore =>
    new TaskRestore(checkpointsOn(name), toOpen(committed), port, true)

  it('lies in memory until its task has taken it in, where nothing is to be on the disk', () => {
    commitOn('one', { a: 1, b: 2 })
    const states = new VolatileStates()
    const checkpoints = () => new TaskCheckpoints(states.open(TASK), TASK)
    const restore = new TaskRestore(checkpoints(), toOpen(2), port)
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

  it('on another machine has all changes, the position and the stream time of the last', () => {
    commitOn('one', { a: 5, b: 9 })
    const { texts, offset, meta } = restoreOn('two', 9)
    expect({ texts, offset, meta }).to.deep.equal({
      texts: ['a', 'b'],
      offset: 9,
      meta: { streamTimeMs: 90 },
    })
  })

  it('reads only what is new where it had been before', () => {
    commitOn('one', { a: 5 })
    restoreOn('two', 5)
    commitOn('one', { b: 9 })
    const { texts, records } = restoreOn('two', 9)
    expect({ texts, records }).to.deep.equal({ texts: ['a', 'b'], records: 1 })
    expect(restoreOn('two', 9).records).to.equal(0)
  })

  it('passes over what it has, though it does not know where that ends', () => {
    commitOn('one', { a: 5, b: 9 })
    const { texts, records } = restoreOn('one', 9)
    expect({ texts, records }).to.deep.equal({ texts: ['a', 'b'], records: 2 })
  })

  it('leaves out changes of input that was not committed, and writes no number again', () => {
    commitOn('one', { a: 5, b: 9 })
    const { texts, offset } = restoreOn('two', 5)
    expect({ texts, offset }).to.deep.equal({ texts: ['a'], offset: 5 })
    commitOn('two', { 'b again': 9 })
    expect(restoreOn('three', 9).texts).to.deep.equal(['a', 'b', 'b again'])
  })

  it('takes what it left out once it is told that the input was committed after all', () => {
    commitOn('one', { a: 5, b: 9 })
    expect(restoreOn('two', 5).texts, 'as one who was told too early').to.deep.equal(['a'])
    const { texts, offset } = restoreOn('two', 9)
    expect({ texts, offset }).to.deep.equal({ texts: ['a', 'b'], offset: 9 })
  })

  it('takes what a later life of the task has committed behind what it leaves out again', () => {
    commitOn('one', { a: 5, b: 90 })
    restoreOn('two', 5)
    commitOn('two', { 'some of b again': 20 })
    const { texts, offset } = restoreOn('three', 20)
    expect({ texts, offset }).to.deep.equal({ texts: ['a', 'some of b again'], offset: 20 })
    expect(restoreOn('two', 20).texts).to.deep.equal(['a', 'some of b again'])
  })

  it('does not take what it left out when it has written that anew', () => {
    commitOn('one', { a: 5, b: 9 })
    restoreOn('two', 5)
    commitOn('two', { 'b again': 9 })
    expect(restoreOn('two', 9).texts).to.deep.equal(['a', 'b again'])
  })

  it('has nothing where nothing was committed', () => {
    commitOn('one', { a: 5 })
    const { texts, offset } = restoreOn('two', 0)
    expect({ texts, offset }).to.deep.equal({ texts: undefined, offset: undefined })
    commitOn('two', { 'a again': 5 })
    expect(restoreOn('three', 5).texts).to.deep.equal(['a', 'a again'])
  })

  describe('where an owner goes on that has an heir', () => {
    /** Takes the task over, at what is on the machine. @returns what commits a change, up to an offset. */
    const ownerOn = (name: string, generation: number) => {
      const checkpoints = checkpointsOn(name)
      checkpoints.load()
      checkpoints.takeOver(['counts'], generation)
      const store = new TextStore()
      return (text: string, offset: number): void => {
        store.next = text
        checkpoints.save(checkpoints.pack(at(offset), { streamTimeMs: offset * 10 }, [store]))
        port.commit(() => undefined)
      }
    }

    it('takes what the heir wrote, whatever lies between', () => {
      const owner = ownerOn('one', 1)
      owner('a', 5)
      restoreOn('two', 5)
      const heir = ownerOn('two', 2)
      owner('b, that nobody will know', 9)
      owner('c, either', 12)
      heir('b', 8)
      heir('c', 11)
      owner('d, no more', 20)
      expect(restoreOn('three', 11).texts?.slice(-2)).to.deep.equal(['b', 'c'])
      expect(restoreOn('three', 30).texts?.slice(-2)).to.deep.equal(['b', 'c'])
    })

    it('does so where the owner had written nothing when the heir came: the group tells them apart', () => {
      const [owner, heir] = [ownerOn('one', 4), ownerOn('two', 5)]
      owner('a, that nobody will know', 9)
      heir('a', 5)
      owner('b, no more', 9)
      heir('b', 8)
      expect(restoreOn('three', 9).texts?.slice(-2)).to.deep.equal(['a', 'b'])
    })

    it('has other keys for what the heir writes: compaction keeps that', () => {
      const owner = ownerOn('one', 4)
      owner('a', 5)
      restoreOn('two', 5)
      const heir = ownerOn('two', 5)
      for (let i = 0; i < 3; i++) owner(`owner ${i}`, 6 + i)
      const before = new Set(keysInLog())
      for (let i = 0; i < 3; i++) heir(`heir ${i}`, 6 + i)
      expect(keysInLog().filter((key) => before.has(key))).to.have.length(before.size)
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
    commitOn('one', { a: 5 })
    restoreOn('one', 5)
    log = new MemoryLog()
    log.ensure(LOG, 1)
    const former = port
    port = new MemoryDataPort(log, APP)
    commitOn('other', { x: 2 })
    const current = port
    // The state of the first machine, beside a topic made anew which is shorter than it knows.
    port = Object.assign(Object.create(current) as MemoryDataPort, {
      openState: (task: string) => former.openState(task),
      openReader: current.openReader.bind(current),
    })
    const place = checkpointsOn('one')
    place.load()
    place.reached({ counts: 100 })
    expect(restoreOn('one', 2).texts).to.deep.equal(['x'])
  })

  it('keeps what it has where the changelog is empty, and writes all of it there', () => {
    const before = new TaskCheckpoints(machine('one'), TASK)
    const store = new TextStore()
    store.next = 'a'
    before.save(before.pack(at(5), { streamTimeMs: 50 }, [store]))
    expect(restoreOn('one', 5).texts).to.deep.equal(['a'])
    commitOn('one', { b: 9 })
    expect(restoreOn('two', 9).texts).to.deep.equal(['all b'])
  })

  describe('as a copy of what another instance runs', () => {
    const stepAll = (copy: TaskRestore): void => {
      while (copy.step() > 0);
    }

    it('goes on and on, and leaves only the tail to a restore', () => {
      const copy = copyOn('two', Infinity)
      commitOn('one', { a: 5 })
      stepAll(copy)
      commitOn('one', { b: 9 })
      stepAll(copy)
      expect(copy.isDone).to.equal(false)
      expect(copy.remaining).to.equal(0)
      copy.close()
      commitOn('one', { c: 12 })
      expect(textsOn('two')).to.deep.equal(['a', 'b'])
      const { records, texts, offset } = restoreOn('two', 12)
      expect({ records, texts, offset }).to.deep.equal({
        records: 1,
        texts: ['a', 'b', 'c'],
        offset: 12,
      })
    })

    it('goes on behind what it has when it is begun again', () => {
      commitOn('one', { a: 5, b: 9 })
      const former = copyOn('two', Infinity)
      stepAll(former)
      former.close()
      commitOn('one', { c: 12 })
      const copy = copyOn('two', Infinity)
      expect([copy.remaining, copy.step(), copy.remaining]).to.deep.equal([1, 1, 0])
      expect(textsOn('two')).to.deep.equal(['a', 'b', 'c'])
    })

    it('takes over what belongs to committed input, and waits with the rest', () => {
      commitOn('one', { a: 5, b: 9 })
      const copy = copyOn('two', 5)
      stepAll(copy)
      expect(textsOn('two')).to.deep.equal(['a'])
      commitOn('one', { c: 12 })
      expect(copy.step(), 'meanwhile nothing more is read').to.equal(0)
      copy.inputsCommitted([{ topic: INPUT, partition: 0, offset: 9 }])
      stepAll(copy)
      expect(textsOn('two')).to.deep.equal(['a', 'b'])
      expect(copy.remaining).to.be.greaterThan(0)
    })

    it('lets a restore read again what it was waiting with', () => {
      commitOn('one', { a: 5, b: 9 })
      const copy = copyOn('two', 5)
      stepAll(copy)
      copy.close()
      expect(restoreOn('two', 9).texts).to.deep.equal(['a', 'b'])
    })

    it('gives up what it has where the changelog was made anew, even if nothing is in it', () => {
      commitOn('one', { a: 5 })
      restoreOn('two', 5)
      const known = checkpointsOn('two')
      known.load()
      known.reached({ counts: 100 })
      const copy = copyOn('two', Infinity)
      stepAll(copy)
      expect(textsOn('two')).to.deep.equal(['a'])
      expect(copy.remaining).to.equal(0)
    })
  })
})
