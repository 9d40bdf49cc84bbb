// Checkpoints of tasks: what was saved is loaded, all of it or nothing.
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEnvironment, openPositions, type OpenedEnvironment } from '../../broker/lmdb.ts'
import { MemoryState } from '../../broker/memory-state.ts'
import type { StateEnvironment } from '../../broker/state-environment.ts'
import { CheckpointStore, type Checkpoint } from '../../state/checkpoint-store.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const texts = (entries: Iterable<Uint8Array>): string[] =>
  Array.from(entries, (entry) => new TextDecoder().decode(entry))
const storesOf = (checkpoint: Checkpoint | undefined): Record<string, string[] | undefined> =>
  Object.fromEntries([...(checkpoint?.stores ?? [])].map(([name, all]) => [name, texts(all)]))
const at = (offset: number) => [{ topic: 'calls', partition: 3, offset }]

describe('the checkpoint store', () => {
  let directory = ''
  let environment: OpenedEnvironment

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-checkpoint-'))
    environment = openEnvironment(directory)
  })
  afterEach(() => {
    environment.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('has nothing for a task that never committed', () => {
    const store = new CheckpointStore(environment, '0_0')
    expect(store.load()).to.equal(undefined)
    expect(store.storeNames).to.deep.equal([])
    expect(store.logBytes('counts')).to.equal(0)
  })

  it('gives back positions, meta and the entries of each store in the order saved', () => {
    const store = new CheckpointStore(environment, '1_3')
    const change = (name: string, text: string) => ({ name, bytes: bytes(text), snapshot: false })
    store.save({ positions: at(10), meta: bytes('first'), stores: [change('counts', 'a')] })
    store.save({ positions: at(20), stores: [change('counts', 'b'), change('names', 'x')] })
    const loaded = new CheckpointStore(environment, '1_3').load()
    expect(loaded?.positions).to.deep.equal(at(20))
    expect(new TextDecoder().decode(loaded?.meta)).to.equal('first')
    expect(storesOf(loaded)).to.deep.equal({ counts: ['a', 'b'], names: ['x'] })
  })

  it('copies what is saved, but not what is its own where it lies in memory', () => {
    const name = 'counts'
    const entryOf = (to: StateEnvironment, isOwn: boolean): [Uint8Array, Uint8Array] => {
      const saved = new Uint8Array(600_000).fill(7)
      new CheckpointStore(to, '1_3').save({
        positions: at(1),
        stores: [{ name, bytes: saved, snapshot: true, isOwn }],
      })
      const store = new CheckpointStore(to, '1_3')
      expect(store.savedBytes(name)).to.equal(600_000)
      const [entry = new Uint8Array(0)] = store.entriesOf(name)
      expect(Buffer.compare(entry, saved)).to.equal(0)
      return [saved, entry]
    }
    const [own, kept] = entryOf(new MemoryState().environment(''), true)
    expect(kept.buffer, 'its own').to.equal(own.buffer)
    for (const [to, isOwn] of [
      [new MemoryState().environment(''), false],
      [environment, true],
    ] as const) {
      const [saved, copy] = entryOf(to, isOwn)
      expect(copy.buffer).to.not.equal(saved.buffer)
    }
  })

  it('replaces all former entries of a store, and only of that one, by a snapshot', () => {
    const store = new CheckpointStore(environment, '1_3')
    const save = (name: string, text: string, snapshot = false): void =>
      store.save({ positions: at(1), stores: [{ name, bytes: bytes(text), snapshot }] })
    save('counts', 'a')
    save('counts', 'b')
    save('counts-by-day', 'x')
    save('counts', 'all', true)
    save('counts', 'c')
    expect(storesOf(store.load())).to.deep.equal({
      counts: ['all', 'c'],
      'counts-by-day': ['x'],
    })
  })

  it('says how many bytes it keeps of a store, over a restart too', () => {
    const store = new CheckpointStore(environment, '1_3')
    const save = (name: string, text: string, snapshot = false): void =>
      store.save({ positions: at(1), stores: [{ name, bytes: bytes(text), snapshot }] })
    const kept = (from: CheckpointStore): number =>
      Array.from(from.load()!.stores.get('counts')!).reduce((sum, { length }) => sum + length, 0)
    save('counts', 'first')
    save('others', 'not counted')
    save('counts', 'a snapshot', true)
    save('counts', 'x'.repeat(600_000))
    const again = new CheckpointStore(environment, '1_3')
    for (const each of [store, again]) {
      expect(each.savedBytes('counts')).to.equal(kept(each)).and.equal(600_010)
    }
    store.removeStore('counts')
    expect(store.savedBytes('counts')).to.equal(0)
  })

  it('counts the bytes after the last snapshot, over a restart too', () => {
    const store = new CheckpointStore(environment, '1_3')
    const save = (length: number, snapshot = false): void =>
      store.save({
        positions: at(1),
        stores: [{ name: 'counts', bytes: new Uint8Array(length), snapshot }],
      })
    save(100)
    save(20)
    expect(store.logBytes('counts')).to.equal(120)
    save(900, true)
    expect(store.logBytes('counts')).to.equal(0)
    save(7)
    expect(store.logBytes('counts')).to.equal(7)
    const reopened = new CheckpointStore(environment, '1_3')
    expect(reopened.logBytes('counts')).to.equal(7)
    expect(reopened.storeNames).to.deep.equal(['counts'])
  })

  it('keeps large, empty and offset entries whole', () => {
    const store = new CheckpointStore(environment, '1_3')
    const large = Uint8Array.from({ length: 700_001 }, (_, i) => i % 251)
    const entries = [large, new Uint8Array(0), large.subarray(13, 400_000)]
    for (const entry of entries) {
      store.save({ positions: at(1), stores: [{ name: 's', bytes: entry, snapshot: false }] })
    }
    const { stores } = new CheckpointStore(environment, '1_3').load()!
    const loaded = Array.from(stores.get('s')!, (entry) => Buffer.from(entry))
    expect(loaded).to.have.length(3)
    entries.forEach((entry, i) => expect(Buffer.compare(entry, loaded[i]!)).to.equal(0))
  })

  it('keeps tasks apart, even where one id begins like another', () => {
    const names = ['1_3', '1_30', '1_']
    for (const id of names) {
      new CheckpointStore(environment, id).save({
        positions: at(names.indexOf(id)),
        stores: [{ name: 'counts', bytes: bytes(id), snapshot: true }],
      })
    }
    for (const id of names) {
      const loaded = new CheckpointStore(environment, id).load()
      expect(loaded?.positions).to.deep.equal(at(names.indexOf(id)))
      expect(storesOf(loaded)).to.deep.equal({ counts: [id] })
    }
  })

  it('forgets a store that the task no longer has', () => {
    const store = new CheckpointStore(environment, '1_3')
    const change = (name: string) => ({ name, bytes: bytes(name), snapshot: false })
    store.save({ positions: at(1), stores: [change('kept'), change('gone')] })
    store.removeStore('gone')
    expect(store.storeNames).to.deep.equal(['kept'])
    expect(storesOf(new CheckpointStore(environment, '1_3').load())).to.deep.equal({
      kept: ['kept'],
    })
  })

  it('is undone with the transaction around it', () => {
    const store = new CheckpointStore(environment, '1_3')
    const save = (offset: number, text: string, snapshot: boolean): void =>
      store.save({
        positions: at(offset),
        stores: [{ name: 'counts', bytes: bytes(text), snapshot }],
      })
    save(1, 'before', false)
    expect(() =>
      environment.transaction(() => {
        save(2, 'snapshot', true)
        throw new Error('something else failed')
      }),
    ).to.throw('something else failed')
    expect(store.load()?.positions).to.deep.equal(at(1))
    expect(storesOf(store.load())).to.deep.equal({ counts: ['before'] })
    save(3, 'after', false)
    expect(storesOf(new CheckpointStore(environment, '1_3').load())).to.deep.equal({
      counts: ['before', 'after'],
    })
  })

  it('tells the group where the task stands', () => {
    const store = new CheckpointStore(environment, '1_3')
    store.save({ positions: at(42), stores: [] })
    expect(openPositions(environment).get({ topic: 'calls', partition: 3 })).to.equal(42)
    expect(openPositions(environment).get({ topic: 'calls', partition: 4 })).to.equal(undefined)
  })
})
