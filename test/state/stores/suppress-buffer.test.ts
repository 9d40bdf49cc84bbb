// The buffer of a suppressed table against a naive list of held changes, with commits and restarts at every point.
import { expect } from 'chai'
import fc from 'fast-check'
import { SuppressBuffer, type HeldChange } from '../../../state/stores/suppress-buffer.ts'
import { utf8 } from '../../../topology/serdes/primitive.ts'
import { keepsTheContract, lifeSteps } from './contract.ts'
import { live, type LifeStep, type SavedStore } from './saved-store.ts'

type Store = SuppressBuffer<string, string>
type Change = HeldChange<string, string>

const TOPIC = 'topic'

interface Held extends Change {
  readonly heldMs: number
  /** What those behind last saw. */
  readonly prior: string | null
}

const compare = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one), Buffer.from(other))
const bytesOf = (value: string | null): number => (value === null ? 0 : Buffer.byteLength(value))

class ListModel {
  held: Held[]

  constructor(held: Held[] = []) {
    this.held = held
  }

  clone(): ListModel {
    return new ListModel([...this.held])
  }

  /** By (time, key). */
  get first(): Held | undefined {
    return [...this.held].sort((a, b) => a.heldMs - b.heldMs || compare(a.key, b.key))[0]
  }

  hold(timeMs: number, change: Change): void {
    const before = this.held.find(({ key }) => key === change.key)
    const { heldMs, prior } = before ?? { heldMs: timeMs, prior: change.oldValue }
    this.held = this.held.filter((one) => one !== before)
    this.held.push({ ...change, heldMs, prior })
  }

  /** Key, time, values (an old one that is the prior one counts once), the record's place. */
  get bytes(): number {
    return this.held.reduce((sum, { key, value, oldValue, prior }) => {
      const old = (oldValue ?? '') === (prior ?? '') ? 0 : bytesOf(oldValue)
      return sum + bytesOf(key) + 8 + bytesOf(value) + bytesOf(prior) + old + 20 + TOPIC.length
    }, 0)
  }
}

type Step =
  | LifeStep
  | { readonly kind: 'hold'; readonly timeMs: number; readonly change: Change }
  | { readonly kind: 'remove' }

const key = fc.string({ unit: fc.constantFrom('a', '\0', '\u00ff'), maxLength: 2 })
const value = fc.option(fc.string({ maxLength: 9 }), { freq: 5 })
const change = fc.record({ key, value, oldValue: value, timestampMs: fc.nat(99) })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({ kind: fc.constant('hold' as const), timeMs: fc.nat(30), change }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('remove' as const) }) },
  ...lifeSteps,
)

function take(step: Step, saved: SavedStore<Store, ListModel>): void {
  const { store, model } = saved
  switch (step.kind) {
    case 'hold':
      store.hold(step.timeMs, step.change)
      model.hold(step.timeMs, step.change)
      return
    case 'remove': {
      const { first } = model
      if (first === undefined) return
      store.removeFirst()
      model.held = model.held.filter((one) => one !== first)
      return
    }
    default:
      live(saved, step)
  }
}

function expectSame({ store, model }: SavedStore<Store, ListModel>): void {
  const { first, held, bytes } = model
  expect(store.rows).to.equal(held.length)
  expect(store.bufferBytes).to.equal(bytes)
  expect(store.minTimeMs).to.equal(first?.heldMs ?? Infinity)
  for (const { key, prior } of held) expect(store.priorOf(key)).to.equal(prior)
  if (first === undefined) return
  const { key, value, oldValue, timestampMs } = first
  expect(store.first()).to.deep.equal({ key, value, oldValue, timestampMs })
}

describe('the buffer of a suppressed table', () => {
  keepsTheContract({
    make: (): Store =>
      new SuppressBuffer({ name: 'held', key: utf8, value: utf8, topicLength: TOPIC.length }),
    model: () => new ListModel(),
    ...{ step, take, expectSame, seed: 6 },
  })

  it('holds nothing of a key that it does not have', () => {
    const store: Store = new SuppressBuffer({
      name: 'held',
      key: utf8,
      value: utf8,
      topicLength: 1,
    })
    store.hold(5, { key: 'a', value: 'x', oldValue: null, timestampMs: 5 })
    expect([store.priorOf('a'), store.priorOf('b')]).to.deep.equal([null, undefined])
  })
})
