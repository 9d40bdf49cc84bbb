// The one contract of all stores: each does what its model does, step by step, whatever is saved when, in
// memory and through LMDB alike. Called by the tests of every kind of store.
import fc from 'fast-check'
import type { TaskStore } from '../../../processors/processor.ts'
import {
  Disk,
  Memory,
  SavedStore,
  Scarce,
  type LifeStep,
  type Medium,
  type Model,
} from './saved-store.ts'

/** A kind of store, its model, and what is done to both. */
export interface StoreContract<S extends TaskStore, M extends Model<M>, Step> {
  readonly make: () => S
  readonly model: () => M
  readonly step: fc.Arbitrary<Step>
  /** Does a step to the store and to the model, and compares what both say to it. */
  readonly take: (step: Step, saved: SavedStore<S, M>) => void
  /** Compares all that both hold: by key, in scans both ways, in order. */
  readonly expectSame: (saved: SavedStore<S, M>) => void
  readonly seed: number
}

/** Steps of a store's life among those of its own: commits of changes and of all, restarts from the last. */
export const lifeSteps: fc.MaybeWeightedArbitrary<LifeStep>[] = [
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), isSnapshot: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
]

/** Checks a kind of store; call it inside its `describe`. */
export function keepsTheContract<S extends TaskStore, M extends Model<M>, Step>(
  contract: StoreContract<S, M, Step>,
): void {
  for (const makeMedium of [() => new Memory(), () => new Scarce(), () => new Disk()])
    runIn(makeMedium, contract)
}

function runIn<S extends TaskStore, M extends Model<M>, Step>(
  makeMedium: () => Medium,
  { make, model, step, take, expectSame, seed }: StoreContract<S, M, Step>,
): void {
  const medium = makeMedium()
  after(() => medium.remove())
  const open = () => new SavedStore(medium, make, model())

  it(`does what its model does, over commits and restarts, ${medium.name}`, () => {
    const property = fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const saved = open()
      for (const one of steps) take(one, saved)
      expectSame(saved)
      saved.commit(false)
      saved.restart(false)
      expectSame(saved)
    })
    fc.assert(property, { numRuns: 120 / medium.cost, seed })
  })

  it(`is found again as it was at every point, changes and all of it, ${medium.name}`, () => {
    const property = fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
      const saved = open()
      for (const [i, one] of steps.entries()) {
        take(one, saved)
        saved.commit(i % 5 === 4)
        saved.restart(i === steps.length >> 1)
        expectSame(saved)
      }
    })
    fc.assert(property, { numRuns: 16 / medium.cost, seed })
  })
}
