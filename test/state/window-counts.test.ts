// The store of windowed counts against a Map: whatever is done to it, in whatever order.
import { expect } from 'chai'
import fc from 'fast-check'
import { WindowCounts } from '../../state/window-counts.ts'
import {
  contentOf,
  keyId,
  keyTable,
  restoreCount,
  rowOf,
  sorted,
  storeOf,
  type CountRow,
} from './counts.ts'

type Step =
  | {
      readonly kind: 'increment'
      readonly window: number
      readonly key: number
      readonly at: number
    }
  | { readonly kind: 'restore'; readonly window: number; readonly key: number; readonly at: number }
  | { readonly kind: 'emit' }
  | { readonly kind: 'save' }
  | { readonly kind: 'close'; readonly window: number }

const place = { window: fc.nat(5), key: fc.nat(40), at: fc.nat(100) }
const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('increment' as const), ...place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), ...place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('emit' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('save' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('close' as const), window: fc.nat(5) }),
  },
)

/** What the store must do, in a Map. */
class Model {
  readonly rows = new Map<string, CountRow>()
  readonly toEmit = new Set<string>()
  readonly toSave = new Set<string>()

  put(row: CountRow, isChange: boolean): void {
    const id = `${row.startMs}/${String(row.key)}`
    this.rows.set(id, row)
    if (!isChange) return
    this.toEmit.add(id)
    this.toSave.add(id)
  }

  get(startMs: number, key: string): CountRow | undefined {
    return this.rows.get(`${startMs}/${key}`)
  }

  take(ids: Set<string>): CountRow[] {
    const rows = [...ids].map((id) => this.rows.get(id)!)
    ids.clear()
    return rows
  }

  close(startMs: number): CountRow[] {
    const closed = [...this.rows].filter(([, row]) => row.startMs <= startMs)
    for (const [id] of closed) {
      this.rows.delete(id)
      this.toSave.delete(id)
    }
    return closed.map(([, row]) => row)
  }
}

function drained(store: WindowCounts, drain: 'drainUpdates' | 'drainUnsaved'): CountRow[] {
  const rows: CountRow[] = []
  store[drain]((entry) => rows.push(rowOf(store, entry)))
  return rows
}

function take(step: Step, store: WindowCounts, model: Model): void {
  switch (step.kind) {
    case 'increment':
    case 'restore': {
      const { window, at } = step
      const [startMs, key] = [window * 5, `key-${step.key}`]
      const before = model.get(startMs, key)
      if (step.kind === 'increment') {
        store.increment(startMs, keyId(store.keys, key), at)
        const timestampMs = Math.max(before?.timestampMs ?? -1, at)
        model.put({ startMs, key, count: (before?.count ?? 0) + 1, timestampMs }, true)
      } else {
        restoreCount(store, startMs, keyId(store.keys, key), at * 3, at)
        model.put({ startMs, key, count: at * 3, timestampMs: at }, false)
      }
      return
    }
    case 'emit':
      expect(drained(store, 'drainUpdates')).to.deep.equal(model.take(model.toEmit))
      return
    case 'save':
      expect(sorted(drained(store, 'drainUnsaved'))).to.deep.equal(sorted(model.take(model.toSave)))
      return
    case 'close': {
      expect(drained(store, 'drainUpdates')).to.deep.equal(model.take(model.toEmit))
      const closed: CountRow[] = []
      const removed = store.removedRows
      let last = -1
      store.dropThrough(step.window * 5, (entries) => {
        const rows = entries.map((entry) => rowOf(store, entry))
        expect(rows[0]!.startMs).to.be.greaterThan(last)
        last = rows[0]!.startMs
        closed.push(...rows)
      })
      expect(sorted(closed)).to.deep.equal(sorted(model.close(step.window * 5)))
      expect(store.removedRows - removed).to.equal(closed.length)
    }
  }
}

function expectSame(store: WindowCounts, model: Model): void {
  expect(contentOf(store)).to.deep.equal(sorted([...model.rows.values()]))
  expect(store.rows).to.equal(model.rows.size)
  const starts = [...model.rows.values()].map(({ startMs }) => startMs)
  expect(store.earliestStartMs).to.equal(Math.min(...starts))
}

describe('the store of windowed counts', () => {
  it('does what a Map would, step by step', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const [store, model] = [storeOf(), new Model()]
        for (const one of steps) take(one, store, model)
        expectSame(store, model)
      }),
      { numRuns: 150, seed: 5 },
    )
  })

  it('does so with many keys, growing and closing windows over and over', () => {
    const [store, model] = [storeOf(), new Model()]
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 6_000; i++) {
        const window = round + (i % 3)
        take({ kind: 'increment', window, key: (i * 7 + round) % 3_000, at: i }, store, model)
      }
      if (round % 2 === 1) take({ kind: 'save' }, store, model)
      take({ kind: 'close', window: round }, store, model)
      expectSame(store, model)
    }
  })

  it('counts a million keys in one window without slowing down', function () {
    this.timeout(10_000)
    const store = storeOf()
    for (let id = 0; id < 1_000_000; id++) store.increment(0, id, 1)
    for (let id = 0; id < 1_000_000; id += 10) store.increment(0, id, 1)
    expect(store.rows).to.equal(1_000_000)
    let twice = 0
    store.forEach((entry) => (twice += store.countOf(entry) === 2 ? 1 : 0))
    expect(twice).to.equal(100_000)
    store.dropThrough(0)
    expect([store.rows, store.earliestStartMs]).to.deep.equal([0, Infinity])
  })

  it('tells windows apart whose numbers fall on the same place', () => {
    const store = storeOf()
    const id = keyId(store.keys, 'a')
    const starts = [0, 5 * 64, 5 * 1_024, 5 * 65_536, 5 * 2 ** 33]
    for (const startMs of starts) store.increment(startMs, id, startMs)
    for (const startMs of starts) store.increment(startMs, id, startMs)
    expect(contentOf(store).map(({ startMs, count }) => [startMs, count])).to.deep.equal(
      starts.map((startMs) => [startMs, 2]),
    )
    store.dropThrough(5 * 64)
    expect(contentOf(store).map(({ startMs }) => startMs)).to.deep.equal(starts.slice(2))
  })

  it('keeps its counts when the keys of closed windows are forgotten', () => {
    const keys = keyTable()
    const [store, other] = [storeOf(keys), storeOf(keys)]
    for (let i = 0; i < 70_000; i++) store.increment(0, keyId(keys, `old-${i}`), 1)
    const kept = ['x', 'y', 'z']
    for (const key of kept) store.increment(5, keyId(keys, key), 9)
    other.increment(5, keyId(keys, 'other'), 9)
    drained(store, 'drainUpdates')
    store.dropThrough(0)
    for (let step = 0; step < 5; step++) keys.forgetSome()
    expect(keys.size).to.equal(4)
    for (const key of kept) store.increment(5, keyId(keys, key), 9)
    other.increment(5, keyId(keys, 'other'), 9)
    expect(contentOf(store)).to.deep.equal(
      kept.map((key) => ({ startMs: 5, key, count: 2, timestampMs: 9 })),
    )
    expect(contentOf(other)).to.deep.equal([{ startMs: 5, key: 'other', count: 2, timestampMs: 9 }])
    // What was closed before it was saved is not to be saved, though its entries are in use again.
    expect(sorted(drained(store, 'drainUnsaved')).map(({ key }) => key)).to.deep.equal(kept)
  })
})
