// The key-value store against a sorted Map, with commits and restarts at every point.
import { expect } from 'chai'
import fc from 'fast-check'
import { MemoryKeyValueStore } from '../../../state/stores/key-value-store.ts'
import { StoreFormatError } from '../../../state/stores/table-log.ts'
import { json } from '../../../topology/serdes/json.ts'
import { utf8 } from '../../../topology/serdes/primitive.ts'
import type { StoreEntry } from '../../../topology/store-contracts.ts'
import { keepsTheContract, lifeSteps } from './contract.ts'
import { Disk, live, SavedStore, type LifeStep } from './saved-store.ts'

type Store = MemoryKeyValueStore<string, string>
type Row = StoreEntry<string, string>

class MapModel {
  readonly rows: Map<string, Row>

  constructor(rows: Iterable<readonly [string, Row]> = []) {
    this.rows = new Map(rows)
  }

  clone(): MapModel {
    return new MapModel(this.rows)
  }

  range(from?: string, to?: string): Row[] {
    const isIn = (key: string): boolean =>
      (from === undefined || compare(key, from) >= 0) && (to === undefined || compare(key, to) <= 0)
    return [...this.rows.values()]
      .filter(({ key }) => isIn(key))
      .sort((one, other) => compare(one.key, other.key))
  }
}

const compare = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one), Buffer.from(other))

const makeStore = (): Store => new MemoryKeyValueStore({ name: 'kv', key: utf8, value: utf8 })

type Step =
  | LifeStep
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly at: number }
  | { readonly kind: 'put-if-absent'; readonly key: string; readonly value: string }
  | { readonly kind: 'update'; readonly key: string; readonly value: string | null }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'range'; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly kind: 'prefix'; readonly prefix: string }

const key = fc.string({
  unit: fc.constantFrom('a', 'b', '\u00ff', '\u{1f600}', '\0'),
  maxLength: 3,
})
const value = fc.string({ maxLength: 40 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('put' as const), key, value, at: fc.nat(99) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('put-if-absent' as const), key, value }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('update' as const), key, value: fc.option(value) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('range' as const),
      from: fc.option(key, { nil: undefined }),
      to: fc.option(key, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prefix' as const), prefix: key }) },
  ...lifeSteps,
)

function take(step: Step, saved: SavedStore<Store, MapModel>): void {
  const { store, model } = saved
  switch (step.kind) {
    case 'put':
      store.put(step.key, step.value, step.at)
      model.rows.set(step.key, { key: step.key, value: step.value, timestampMs: step.at })
      return
    case 'put-if-absent': {
      const held = model.rows.get(step.key)
      expect(store.putIfAbsent(step.key, step.value, 7)).to.equal(held?.value)
      model.rows.set(step.key, held ?? { key: step.key, value: step.value, timestampMs: 7 })
      return
    }
    case 'update': {
      const entry = store.find(step.key)
      expect(entry >= 0).to.equal(model.rows.has(step.key))
      if (entry < 0) return
      store.update(entry, step.value, 8)
      if (step.value === null) model.rows.delete(step.key)
      else model.rows.set(step.key, { key: step.key, value: step.value, timestampMs: 8 })
      return
    }
    case 'delete':
      expect(store.delete(step.key)).to.equal(model.rows.get(step.key)?.value)
      model.rows.delete(step.key)
      return
    case 'range': {
      const expected = model.range(step.from, step.to)
      expect([...store.range(step.from, step.to)]).to.deep.equal(expected)
      expect([...store.reverseRange(step.from, step.to)]).to.deep.equal(expected.reverse())
      return
    }
    case 'prefix': {
      const expected = model.range().filter(({ key }) => key.startsWith(step.prefix))
      expect([...store.prefixScan(Buffer.from(step.prefix))]).to.deep.equal(expected)
      return
    }
    default:
      live(saved, step)
  }
}

function expectSame({ store, model }: SavedStore<Store, MapModel>): void {
  expect([...store.all()]).to.deep.equal(model.range())
  expect([...store.reverseAll()]).to.deep.equal(model.range().reverse())
  expect(store.rows).to.equal(model.rows.size)
  for (const [key, { value, timestampMs }] of model.rows) {
    expect(store.getWithTimestamp(key)).to.deep.equal({ value, timestampMs })
  }
}

describe('the key-value store', () => {
  let disk: Disk
  before(() => {
    disk = new Disk()
  })
  after(() => disk.remove())

  keepsTheContract({
    make: makeStore,
    model: () => new MapModel(),
    ...{ step, take, expectSame, seed: 11 },
  })

  it('does what a sorted map would with many keys that grow, shrink and go', () => {
    const saved = new SavedStore(disk, makeStore, new MapModel())
    for (let i = 0; i < 30_000; i++) {
      const key = `key-${(i * 7_919) % 5_000}`
      if (i % 5 === 4) take({ kind: 'delete', key }, saved)
      else take({ kind: 'put', key, value: 'x'.repeat((i * 31) % 300), at: i }, saved)
      if (i % 4_000 === 0) expect([...saved.store.all()]).to.deep.equal(saved.model.range())
      if (i % 7_000 === 0) saved.commit(i % 14_000 === 0)
    }
    expectSame(saved)
    saved.commit(false)
    saved.restart(true)
    expectSame(saved)
  })

  it('packs what changed only, deletions too, and nothing when nothing did', () => {
    const store = makeStore()
    for (let i = 0; i < 1_000; i++) store.put(`key-${i}`, 'value', i)
    const all = store.pack(false)!.length
    expect(store.pack(false)).to.equal(undefined)
    store.put('key-7', 'other', 1)
    store.put('key-7', 'another', 2)
    const one = store.pack(false)!.length
    expect(one).to.be.lessThan(all / 300)
    store.delete('key-8')
    expect(store.pack(false)!.length).to.be.lessThan(one)
    // What was never saved leaves no deletion behind.
    store.put('new', 'value')
    store.delete('new')
    expect(store.pack(false)).to.equal(undefined)
    expect(store.pack(true)!.length).to.be.lessThan(all)
  })

  it('packs the same bytes for the same history', () => {
    const packed = (): Buffer => {
      const store = makeStore()
      for (let i = 0; i < 500; i++) store.put(`key-${i % 90}`, `value-${i}`, i)
      store.delete('key-3')
      return Buffer.from(store.pack(false)!)
    }
    expect(packed().equals(packed())).to.equal(true)
  })

  it('is not changed by what is done to a value outside', () => {
    const store = new MemoryKeyValueStore({
      name: 'objects',
      key: utf8,
      value: json.any<number[]>(),
    })
    const value = [1]
    store.put('a', value)
    value.push(2)
    store.get('a')!.push(3)
    expect(store.get('a')).to.deep.equal([1])
  })

  it('updates a value by one of any length', () => {
    const store = makeStore()
    store.put('a', 'x')
    for (let length = 1; length < 100_000; length *= 3) {
      const value = 'y'.repeat(length)
      store.update(store.find('a'), value, 1)
      expect(store.get('a')).to.equal(value)
    }
  })

  it('lets a scan go on while the store is changed under it', () => {
    const store = makeStore()
    for (let i = 0; i < 2_000; i++) store.put(`k${String(i).padStart(5, '0')}`, 'v')
    let seen = 0
    for (const { key } of store.all()) {
      seen += 1
      store.delete(key)
      if (key < 'k01000') store.put(`k${String(1_000_000 + seen)}`, 'late')
    }
    // Those put behind the place of the scan while it ran are seen, and go as well.
    expect([seen, store.rows]).to.deep.equal([3_000, 0])
    for (let i = 0; i < 600; i++) store.put(`k${i + 1_000}`, 'v')
    const back: string[] = []
    for (const { key } of store.reverseAll()) {
      back.push(key)
      store.put(`${key}-after`, 'v')
    }
    expect(back).to.have.length(600)
  })

  it('gives memory back when it is emptied', () => {
    const store = makeStore()
    for (let i = 0; i < 20_000; i++) store.put(`key-${i}`, 'x'.repeat(200))
    const full = store.sizeBytes
    expect(full).to.be.greaterThan(20_000 * 200)
    for (let i = 0; i < 20_000; i++) store.delete(`key-${i}`)
    expect(store.sizeBytes).to.be.lessThan(full / 2)
  })

  it('refuses bytes that are no entry of a store, and says which store', () => {
    const store = makeStore()
    store.put('a', 'b')
    const packed = store.pack(true)!.slice()
    for (const broken of [new Uint8Array(3), packed.slice(0, -1), packed.slice(0, 20)]) {
      expect(() => makeStore().restore(broken)).to.throw(StoreFormatError, 'store kv')
    }
    packed[0] = 9
    expect(() => makeStore().restore(packed)).to.throw(StoreFormatError, 'version')
  })
})
