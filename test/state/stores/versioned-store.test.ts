// The versioned store against a naive list of versions, with commits and restarts at every point.
import { expect } from 'chai'
import fc from 'fast-check'
import { MemoryVersionedStore } from '../../../state/stores/versioned-store.ts'
import { utf8 } from '../../../topology/serdes/primitive.ts'
import type { VersionedPut, VersionedRecord } from '../../../topology/store-contracts.ts'
import { keepsTheContract, lifeSteps } from './contract.ts'
import { live, type LifeStep, type SavedStore } from './saved-store.ts'

const HISTORY_MS = 30

type Store = MemoryVersionedStore<string, string>

interface Version {
  readonly key: string
  readonly value: string | null
  readonly timestampMs: number
  /** Of a deletion: whether a later version was there. Of a value: whether it took a deletion's place. */
  readonly isHeld?: boolean
}

class ListModel {
  versions: Version[]
  observedMs: number

  constructor(versions: Version[] = [], observedMs = -1) {
    this.versions = versions
    this.observedMs = observedMs
  }

  clone(): ListModel {
    return new ListModel([...this.versions], this.observedMs)
  }

  put(version: Version): VersionedPut {
    const { key, timestampMs } = version
    if (timestampMs < this.observedMs - HISTORY_MS) return 'expired'
    this.observedMs = Math.max(this.observedMs, timestampMs)
    const isLatest = this.of(key).every((other) => other.timestampMs <= timestampMs)
    const replaced = this.of(key).find((other) => other.timestampMs === timestampMs)
    this.versions = this.versions.filter((other) => other !== replaced)
    const before = this.of(key).at(-1)
    const hasValue = replaced !== undefined && replaced.value !== null && !replaced.isHeld
    const isLoose = before === undefined || (before.value === null && !before.isHeld)
    // A deletion as of a value's own time takes it back, where nothing before it ended then.
    if (version.value === null && isLatest && hasValue && isLoose) return 'latest'
    const isHeld = version.value === null ? !isLatest : replaced !== undefined && !hasValue
    this.versions.push({ ...version, isHeld })
    return isLatest ? 'latest' : 'history'
  }

  of(key: string): Version[] {
    return this.versions
      .filter((version) => version.key === key)
      .sort((one, other) => one.timestampMs - other.timestampMs)
  }

  records(
    key: string,
  ): (VersionedRecord<string | null> & { readonly validToMs: number | undefined })[] {
    return this.of(key).map(({ value, timestampMs }, i, all) => {
      return { value, timestampMs, validToMs: all[i + 1]?.timestampMs }
    })
  }

  asOf(key: string, asOfMs: number): VersionedRecord<string | null> | undefined {
    const found = this.records(key)
      .filter(({ timestampMs }) => timestampMs <= asOfMs)
      .at(-1)
    if (found === undefined || found.value === null) return undefined
    const isTooOld = found.validToMs !== undefined && asOfMs < this.observedMs - HISTORY_MS
    return isTooOld ? undefined : found
  }

  between(key: string, fromMs: number, toMs: number): VersionedRecord<string | null>[] {
    const leastMs = Math.max(fromMs, this.observedMs - HISTORY_MS)
    return this.records(key)
      .filter(({ value, timestampMs }) => value !== null && timestampMs <= toMs)
      .filter(({ validToMs }) => validToMs === undefined || validToMs > leastMs)
      .reverse()
  }
}

const makeStore = (): Store =>
  new MemoryVersionedStore({
    name: 'versions',
    key: utf8,
    value: utf8,
    historyRetentionMs: HISTORY_MS,
  })

type Step =
  | LifeStep
  | ({ readonly kind: 'put' } & Version)
  | { readonly kind: 'delete'; readonly key: string; readonly timestampMs: number }
  | { readonly kind: 'read'; readonly key: string; readonly fromMs: number; readonly toMs: number }

const key = fc.string({ unit: fc.constantFrom('a', '\0', '\u00ff'), maxLength: 2 })
/** Few, so that versions meet at one time. */
const time = fc.oneof(fc.nat(100), fc.nat(8))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key,
      value: fc.option(fc.string({ maxLength: 20 }), { freq: 4 }),
      timestampMs: time,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), key, timestampMs: time }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('read' as const), key, fromMs: time, toMs: time }),
  },
  ...lifeSteps,
)

function take(step: Step, saved: SavedStore<Store, ListModel>): void {
  const { store, model } = saved
  switch (step.kind) {
    case 'put': {
      const { key, value, timestampMs } = step
      const what = model.put({ key, value, timestampMs })
      expect(store.put(key, value, timestampMs)).to.equal(what)
      return
    }
    case 'delete': {
      const { key, timestampMs } = step
      const held = model.asOf(key, timestampMs)
      model.put({ key, value: null, timestampMs })
      expect(store.deleteAsOf(key, timestampMs)).to.deep.equal(held)
      return
    }
    case 'read': {
      const { key, fromMs, toMs } = step
      expect(store.get(key)).to.deep.equal(model.asOf(key, Infinity))
      expect(store.getAsOf(key, fromMs)).to.deep.equal(model.asOf(key, fromMs))
      expect(store.versions(key, fromMs, toMs)).to.deep.equal(model.between(key, fromMs, toMs))
      return
    }
    default:
      live(saved, step)
  }
}

function expectSame({ store, model }: SavedStore<Store, ListModel>): void {
  for (const { key, timestampMs } of model.versions) {
    expect(store.get(key)).to.deep.equal(model.asOf(key, Infinity))
    expect(store.getAsOf(key, timestampMs)).to.deep.equal(model.asOf(key, timestampMs))
  }
}

describe('the versioned store', () => {
  keepsTheContract({
    make: makeStore,
    model: () => new ListModel(),
    ...{ step, take, expectSame, seed: 4 },
  })

  it('forgets a value that is deleted as of its own time, unless it ended another', () => {
    const store = makeStore()
    store.put('a', 'x', 5)
    expect(store.put('a', null, 5)).to.equal('latest')
    expect(store.rows).to.equal(0)
    expect(store.put('a', 'earlier', 3)).to.equal('latest')
    store.put('a', 'y', 7)
    expect(store.put('a', null, 7)).to.equal('latest')
    expect(store.put('a', 'between', 6)).to.equal('history')
    expect(store.get('a')).to.equal(undefined)
    expect(store.getAsOf('a', 6)?.value).to.equal('between')
  })

  it('forgets history that is over, and deleted keys, also where nobody puts a key again', () => {
    const store = makeStore()
    for (let i = 0; i < 20_000; i++) store.put(`key-${i}`, i % 2 === 0 ? null : 'value', i)
    expect(store.rows).to.be.lessThan(15_000)
    for (let i = 0; i < 20_000; i++) store.put('one', `v${i}`, 20_000 + i)
    expect(store.rows).to.be.lessThan(10_000 + 10 * HISTORY_MS)
    expect(store.get('key-1')?.value).to.equal('value')
  })
})
