// Restoring from changelogs: what is saved on this machine comes up to what was committed, from wherever it
// stood, and no further.
import { expect } from 'chai'
import { openEnvironment } from '../../broker/lmdb.ts'
import { inspectDirectory } from '../../broker/lmdb-file.ts'
import { MemoryDataPort } from '../../broker/memory/data-port.ts'
import { MemoryLog } from '../../broker/memory/log.ts'
import { changelogTopic } from '../../state/changelog.ts'
import { changelogWriter } from '../../runtime/changelog-writer.ts'
import { TaskCheckpoints, type LoggedEntry } from '../../runtime/task-checkpoints.ts'
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

  const restoreOn = (name: string, committed: number, start = 0) => {
    const end = log.end({ topic: LOG, partition: 0 })
    const restore = new TaskRestore(
      checkpointsOn(name),
      {
        spec: {
          taskId: TASK,
          subtopology: 1,
          partition: 0,
          inputs: [{ topic: INPUT, alignmentSlot: -1 }],
          stores: ['counts'],
        },
        inputs: [{ offset: committed, inputStart: 0, stopAt: Infinity }],
        changelogs: [{ store: 'counts', topic: LOG, start, end }],
      },
      port,
    )
    let records = 0
    while (!restore.isDone) records += restore.step()
    const saved = checkpointsOn(name).load()
    const texts = saved?.stores.get('counts')?.map((bytes) => new TextDecoder().decode(bytes))
    return { records, texts, offset: saved?.positions[0]?.offset, meta: saved?.meta }
  }

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

  it('has nothing where nothing was committed', () => {
    commitOn('one', { a: 5 })
    const { texts, offset } = restoreOn('two', 0)
    expect({ texts, offset }).to.deep.equal({ texts: undefined, offset: undefined })
    commitOn('two', { 'a again': 5 })
    expect(restoreOn('three', 5).texts).to.deep.equal(['a', 'a again'])
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
    const entries = checkpoints
      .load()
      ?.stores.get('counts')
      ?.map((bytes) => bytes[0])
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
})
