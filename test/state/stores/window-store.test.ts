// The window store against a naive list of entries, with commits and restarts at every point.
import { expect } from 'chai'
import fc from 'fast-check'
import { EntryList } from '../../../state/entry-list.ts'
import { MemoryWindowStore } from '../../../state/stores/window-store.ts'
import { utf8 } from '../../../topology/serdes/primitive.ts'
import type { WindowEntry } from '../../../topology/store-contracts.ts'
import { keepsTheContract, lifeSteps } from './contract.ts'
import { Disk, live, SavedStore, type LifeStep } from './saved-store.ts'

const RETENTION_MS = 40
const SIZE_MS = 10

type Store = MemoryWindowStore<string, string>

interface Row {
  readonly key: string
  readonly startMs: number
  readonly number: number
  readonly value: string
  readonly timestampMs: number
}

class ListModel {
  rows: Row[]
  observedMs: number
  count: number
  readonly retainDuplicates: boolean

  constructor(retainDuplicates: boolean, rows: Row[] = [], observedMs = -1, count = 0) {
    this.retainDuplicates = retainDuplicates
    this.rows = rows
    this.observedMs = observedMs
    this.count = count
  }

  clone(): ListModel {
    return new ListModel(this.retainDuplicates, [...this.rows], this.observedMs, this.count)
  }

  put(key: string, value: string | null, startMs: number, timestampMs: number): boolean {
    this.observedMs = Math.max(this.observedMs, startMs)
    if (startMs <= this.observedMs - RETENTION_MS) return false
    if (!this.retainDuplicates) {
      this.rows = this.rows.filter((row) => row.key !== key || row.startMs !== startMs)
    }
    if (value === null) return true
    this.count += 1
    this.rows.push({ key, startMs, number: this.count, value, timestampMs })
    return true
  }

  between(fromMs: number, toMs: number): Row[] {
    return this.rows
      .filter(({ startMs }) => startMs > this.observedMs - RETENTION_MS)
      .filter(({ startMs }) => startMs >= fromMs && startMs <= toMs)
      .sort(
        (one, other) =>
          one.startMs - other.startMs || compare(one.key, other.key) || one.number - other.number,
      )
  }
}

const compare = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one), Buffer.from(other))

const entryOf = ({ key, startMs, value, timestampMs }: Row): WindowEntry<string, string> => ({
  key: { key, window: { startMs, endMs: startMs + SIZE_MS } },
  value,
  timestampMs,
})

const makeStore = (retainDuplicates: boolean): Store =>
  new MemoryWindowStore({
    name: 'windows',
    key: utf8,
    value: utf8,
    sizeMs: SIZE_MS,
    retentionMs: RETENTION_MS,
    retainDuplicates,
  })

type Step =
  | LifeStep
  | {
      readonly kind: 'put'
      readonly key: string
      readonly value: string | null
      readonly startMs: number
      readonly timestampMs: number
    }
  | { readonly kind: 'read'; readonly key: string; readonly fromMs: number; readonly toMs: number }

// Keys of zero bytes look like the times behind them.
const key = fc.string({ unit: fc.constantFrom('a', '\0', '\u00ff'), maxLength: 3 })
const time = fc.nat(120)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key,
      value: fc.option(fc.string({ maxLength: 20 }), { freq: 5 }),
      startMs: time,
      timestampMs: time,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      key,
      fromMs: fc.integer({ min: -5, max: 125 }),
      toMs: fc.oneof(fc.integer({ min: -5, max: 125 }), fc.constant(Infinity)),
    }),
  },
  ...lifeSteps,
)

function take(step: Step, saved: SavedStore<Store, ListModel>): void {
  const { store, model } = saved
  switch (step.kind) {
    case 'put': {
      const { key, value, startMs, timestampMs } = step
      const isPut = model.put(key, value, startMs, timestampMs)
      expect(store.put(key, value, startMs, timestampMs)).to.equal(isPut)
      return
    }
    case 'read':
      expectReads(saved, step.key, step.fromMs, step.toMs)
      return
    default:
      live(saved, step)
  }
}

function expectReads(
  { store, model }: SavedStore<Store, ListModel>,
  key: string,
  fromMs: number,
  toMs: number,
): void {
  const rows = model.between(fromMs, toMs)
  const all = rows.map(entryOf)
  const ofKey = rows.filter((row) => row.key === key).map(entryOf)
  expect([...store.fetchAll(fromMs, toMs)]).to.deep.equal(all)
  expect([...store.backwardFetchAll(fromMs, toMs)]).to.deep.equal([...all].reverse())
  expect([...store.fetchRange(key, fromMs, toMs)]).to.deep.equal(ofKey)
  expect([...store.backwardFetchRange(key, fromMs, toMs)]).to.deep.equal([...ofKey].reverse())
  const list = new EntryList()
  store.collect(list, key, fromMs, toMs)
  expect(
    [...list.entries.subarray(0, list.size)].map((entry) => store.valueAt(entry)),
  ).to.deep.equal(ofKey.map(({ value }) => value))
  const above = rows.filter((row) => compare(row.key, key) >= 0).map(entryOf)
  expect([...store.fetchKeys(key, undefined, fromMs, toMs)]).to.deep.equal(above)
  const below = rows.filter((row) => compare(row.key, key) <= 0).map(entryOf)
  expect([...store.backwardFetchKeys(undefined, key, fromMs, toMs)]).to.deep.equal(below.reverse())
  if (model.retainDuplicates) return
  const one = model.between(fromMs, fromMs).find((row) => row.key === key)
  expect(store.fetch(key, fromMs)).to.equal(one?.value)
}

function expectSame(saved: SavedStore<Store, ListModel>): void {
  const all = saved.model.between(0, Infinity).map(entryOf)
  expect([...saved.store.all()]).to.deep.equal(all)
  expect([...saved.store.backwardAll()]).to.deep.equal(all.reverse())
}

const packed = (store: Store): string => Buffer.from(store.pack(true)!).toString('hex')

describe('the window store', () => {
  let disk: Disk
  before(() => {
    disk = new Disk()
  })
  after(() => disk.remove())

  for (const retainDuplicates of [false, true]) {
    describe(retainDuplicates ? 'that keeps duplicates' : 'with one value a window', () => {
      keepsTheContract({
        make: () => makeStore(retainDuplicates),
        model: () => new ListModel(retainDuplicates),
        ...{ step, take, expectSame, seed: 3 },
      })
    })
  }

  it('does what a list would over a long time, and takes no more memory for it', () => {
    const make = () => makeStore(false)
    const saved = new SavedStore(disk, make, new ListModel(false))
    let sizeBytes = 0
    for (let i = 0; i < 40_000; i++) {
      const startMs = Math.floor(i / 20) + ((i * 7) % 30)
      saved.store.put(`key-${i % 40}`, `value-${i}`, startMs, i)
      if (i % 500 === 0) saved.commit(i % 2_000 === 0)
      if (i === 8_000) sizeBytes = saved.store.sizeBytes
    }
    expect(saved.store.sizeBytes).to.be.at.most(sizeBytes * 2)
    expect(saved.store.rows).to.be.lessThan(RETENTION_MS * 40)
    const all = [...saved.store.all()]
    saved.commit(false)
    saved.restart(true)
    expect([...saved.store.all()]).to.deep.equal(all)
  })

  it('hides what expires while a scan is under way', () => {
    const store = makeStore(false)
    for (let start = 0; start < 10; start++) store.put('a', `v${start}`, start)
    const scan = store.all()
    const first = scan.next()
    expect(first.done === true ? undefined : first.value.value).to.equal('v0')
    store.put('a', 'later', 45)
    expect([...scan].map(({ value }) => value)).to.deep.equal(['v6', 'v7', 'v8', 'v9', 'later'])
  })

  it('leaves expiry to an owner that asks for it, and keeps the owner’s time', () => {
    const make = () =>
      new MemoryWindowStore({
        name: 'owned',
        key: utf8,
        value: utf8,
        sizeMs: SIZE_MS,
        retentionMs: Infinity,
      })
    const store = make()
    for (let start = 0; start < 100; start += 10) store.put('a', `v${start}`, start)
    store.timeMs = 95
    const list = new EntryList()
    store.collectTimes(list, -Infinity, 31)
    expect(
      [...list.entries.subarray(0, list.size)].map((entry) => store.startAt(entry)),
    ).to.deep.equal([0, 10, 20, 30])
    store.expireThrough(49)
    expect([...store.all()].map(({ key }) => key.window.startMs)).to.deep.equal([
      50, 60, 70, 80, 90,
    ])
    const restored = make()
    restored.restore(store.pack(false)!)
    expect([restored.timeMs, restored.rows]).to.deep.equal([95, 5])
  })

  // What WindowKeySchema of Kafka Streams 4.1 gives.
  it('keeps keys in the bytes of Kafka: key, start as a long, number as an int', () => {
    const inOrder = makeStore(true)
    inOrder.put('zone', 'value', 300)
    expect(packed(inOrder)).to.include('7a6f6e65' + '000000000000012c' + '00000001')
    inOrder.put('é', 'value', 1_700_000_000_000)
    expect(packed(inOrder)).to.include('c3a9' + '0000018bcfe56800' + '00000002')
    const single = makeStore(false)
    single.put('é', 'value', 1_700_000_000_000)
    expect(packed(single)).to.include('c3a9' + '0000018bcfe56800' + '00000000')
  })

  it('saves the owner’s time also where nothing else changed', () => {
    const store = makeStore(false)
    store.put('a', 'b', 1)
    store.pack(false)
    store.timeMs = 7
    expect(store.pack(false)).to.not.equal(undefined)
    expect(store.pack(false)).to.equal(undefined)
  })
})
