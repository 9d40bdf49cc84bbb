// The session store against a naive list of sessions, with commits and restarts at every point.
import { expect } from 'chai'
import fc from 'fast-check'
import { EntryList } from '../../../state/entry-list.ts'
import { MemorySessionStore } from '../../../state/stores/session-store.ts'
import { utf8 } from '../../../topology/serdes/primitive.ts'
import type { WindowEntry } from '../../../topology/store-contracts.ts'
import { keepsTheContract, lifeSteps } from './contract.ts'
import { live, type LifeStep, type SavedStore } from './saved-store.ts'

const RETENTION_MS = 40

type Store = MemorySessionStore<string, string>

interface Row {
  readonly key: string
  readonly startMs: number
  readonly endMs: number
  readonly value: string
}

class ListModel {
  rows: Row[]
  observedMs: number

  constructor(rows: Row[] = [], observedMs = -1) {
    this.rows = rows
    this.observedMs = observedMs
  }

  clone(): ListModel {
    return new ListModel([...this.rows], this.observedMs)
  }

  put(row: Omit<Row, 'value'> & { readonly value: string | null }): boolean {
    this.observedMs = Math.max(this.observedMs, row.endMs)
    if (row.endMs <= this.observedMs - RETENTION_MS) return false
    this.rows = this.rows.filter(
      ({ key, startMs, endMs }) =>
        key !== row.key || startMs !== row.startMs || endMs !== row.endMs,
    )
    if (row.value !== null) this.rows.push({ ...row, value: row.value })
    return true
  }

  /** By (end, key, start). */
  get living(): Row[] {
    return this.rows
      .filter(({ endMs }) => endMs > this.observedMs - RETENTION_MS)
      .sort(
        (one, other) =>
          one.endMs - other.endMs || compare(one.key, other.key) || one.startMs - other.startMs,
      )
  }
}

const compare = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one), Buffer.from(other))

const entryOf = ({ key, startMs, endMs, value }: Row): WindowEntry<string, string> => ({
  key: { key, window: { startMs, endMs } },
  value,
  timestampMs: endMs,
})

const makeStore = (): Store =>
  new MemorySessionStore({ name: 'sessions', key: utf8, value: utf8, retentionMs: RETENTION_MS })

type Step =
  | LifeStep
  | {
      readonly kind: 'put'
      readonly key: string
      readonly value: string | null
      readonly startMs: number
      readonly lengthMs: number
    }
  | { readonly kind: 'remove'; readonly index: number }
  | {
      readonly kind: 'read'
      readonly key: string
      readonly earliestEndMs: number
      readonly latestStartMs: number
    }

// Keys of zero bytes look like the times behind them.
const key = fc.string({ unit: fc.constantFrom('a', '\0', '\u00ff'), maxLength: 2 })
const time = fc.nat(120)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key,
      value: fc.option(fc.string({ maxLength: 20 }), { freq: 5 }),
      startMs: time,
      lengthMs: fc.nat(30),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), index: fc.nat(9) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      key,
      earliestEndMs: fc.integer({ min: -5, max: 155 }),
      latestStartMs: fc.integer({ min: -5, max: 125 }),
    }),
  },
  ...lifeSteps,
)

function take(step: Step, saved: SavedStore<Store, ListModel>): void {
  const { store, model } = saved
  switch (step.kind) {
    case 'put': {
      const { key, value, startMs } = step
      const endMs = startMs + step.lengthMs
      const isPut = model.put({ key, value, startMs, endMs })
      expect(store.put({ key, window: { startMs, endMs } }, value)).to.equal(isPut)
      return
    }
    case 'remove': {
      const row = model.living[step.index]
      if (row === undefined) return
      store.remove({ key: row.key, window: row })
      model.rows = model.rows.filter((other) => other !== row)
      return
    }
    case 'read':
      expectReads(saved, step.key, step.earliestEndMs, step.latestStartMs)
      return
    default:
      live(saved, step)
  }
}

function expectReads(
  { store, model }: SavedStore<Store, ListModel>,
  key: string,
  earliestEndMs: number,
  latestStartMs: number,
): void {
  const ofKey = model.living.filter((row) => row.key === key)
  const found = ofKey
    .filter(({ startMs, endMs }) => endMs >= earliestEndMs && startMs <= latestStartMs)
    .map(entryOf)
  expect([...store.findSessions(key, earliestEndMs, latestStartMs)]).to.deep.equal(found)
  expect([...store.backwardFindSessions(key, earliestEndMs, latestStartMs)]).to.deep.equal(
    [...found].reverse(),
  )
  expect([...store.fetchSessions(key)]).to.deep.equal(ofKey.map(entryOf))
  expect([...store.backwardFetchSessions(key)]).to.deep.equal(ofKey.map(entryOf).reverse())
  const list = new EntryList()
  store.collect(list, key, earliestEndMs, latestStartMs)
  const starts = [...list.entries.subarray(0, list.size)].map((entry) => store.startAt(entry))
  expect(starts).to.deep.equal(found.map((entry) => entry.key.window.startMs))
  const above = model.living.filter((row) => compare(row.key, key) >= 0).map(entryOf)
  expect([...store.fetchKeys(key)]).to.deep.equal(above)
  const below = model.living.filter((row) => compare(row.key, key) <= 0).map(entryOf)
  expect([...store.backwardFetchKeys(undefined, key)]).to.deep.equal(below.reverse())
}

function expectSame({ store, model }: SavedStore<Store, ListModel>): void {
  expect([...store.fetchKeys()]).to.deep.equal(model.living.map(entryOf))
  for (const { key, startMs, endMs, value } of model.living) {
    expect(store.fetchSession(key, startMs, endMs)).to.equal(value)
  }
}

describe('the session store', () => {
  keepsTheContract({
    make: makeStore,
    model: () => new ListModel(),
    ...{ step, take, expectSame, seed: 9 },
  })

  // What SessionKeySchema of Kafka Streams 4.1 gives.
  it('keeps keys in the bytes of Kafka: key, end and start as longs', () => {
    const packed = (key: string, startMs: number, endMs: number): string => {
      const store = makeStore()
      store.put({ key, window: { startMs, endMs } }, 'value')
      return Buffer.from(store.pack(true)!).toString('hex')
    }
    const zone = packed('zone', 300, 65_536)
    expect(zone).to.include('7a6f6e65' + '0000000000010000' + '000000000000012c')
    const late = packed('é', 1_700_000_000_000, 1_700_000_000_999)
    expect(late).to.include('c3a9' + '0000018bcfe56be7' + '0000018bcfe56800')
  })
})
