// A store with its saved log, for the tests of all stores: what is committed outlives a restart, what is
// not is lost, in the store and in its model alike.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEnvironment, type OpenedEnvironment } from '../../../broker/lmdb.ts'
import type { TaskStore } from '../../../processors/processor.ts'
import { CheckpointStore } from '../../../state/checkpoint-store.ts'
import { StateMemory } from '../../../state/stores/state-memory.ts'

/** Where the saved changes of one store lie. */
export interface Place {
  save(store: TaskStore, isSnapshot: boolean): void
  /** What was saved, oldest first; `isCold` closes and opens what it lies in. */
  load(name: string, isCold: boolean): Iterable<Uint8Array>
}

/** What stores are saved in. */
export interface Medium {
  readonly name: string
  /** How much longer it takes than memory: so many times fewer runs of a property. */
  readonly cost: number
  /** A place where nothing lies yet. */
  place(): Place
  /** What bounds the memory of the stores; nothing does where it is left out. */
  readonly memory?: StateMemory
  remove(): void
}

/** Saved changes in memory, as copies. */
export class Memory implements Medium {
  readonly name: string = 'in memory'
  readonly cost = 1

  place(): Place {
    let saved: Uint8Array[] = []
    return {
      save(store, isSnapshot) {
        const bytes = store.pack(isSnapshot)
        if (bytes === undefined) return
        saved = isSnapshot ? [bytes.slice()] : [...saved, bytes.slice()]
      },
      load: () => saved,
    }
  }

  remove(): void {
    // Nothing lies anywhere.
  }
}

/** Saved changes in memory, of stores that have next to none: nearly all that they hold lies in a file. */
export class Scarce extends Memory {
  override readonly name: string = 'with nearly all of it in a file'
  readonly #directory = mkdtempSync(join(tmpdir(), 'millrace-scarce-'))
  readonly memory = new StateMemory({
    bytesMax: 0,
    path: join(this.#directory, 'x'),
    pageBytesMax: 32,
  })

  override remove(): void {
    this.memory.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** A directory with an environment that can be closed and opened anew: the checkpoints of a task. */
export class Disk implements Medium {
  readonly name = 'through LMDB'
  readonly cost = 4
  readonly #directory = mkdtempSync(join(tmpdir(), 'millrace-store-'))
  #environment: OpenedEnvironment = openEnvironment(this.#directory)
  #tasks = 0

  place(): Place {
    this.#tasks += 1
    const task = `0_${this.#tasks}`
    const open = (): CheckpointStore => new CheckpointStore(this.#environment, task)
    let checkpoints = open()
    return {
      save(store, isSnapshot) {
        const bytes = store.pack(isSnapshot)
        const stores =
          bytes === undefined ? [] : [{ name: store.name, bytes, snapshot: isSnapshot }]
        checkpoints.save({ positions: [{ topic: 't', partition: 0, offset: 1 }], stores })
      },
      load: (name, isCold) => {
        if (isCold) this.#reopen()
        checkpoints = open()
        return checkpoints.load()?.stores.get(name) ?? []
      },
    }
  }

  #reopen(): void {
    this.#environment.close()
    this.#environment = openEnvironment(this.#directory)
  }

  remove(): void {
    this.#environment.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

export interface Model<M> {
  clone(): M
}

/** A store beside its model. */
export class SavedStore<S extends TaskStore, M extends Model<M>> {
  store: S
  model: M
  readonly #make: () => S
  readonly #place: Place
  #committed: M

  constructor(medium: Medium, make: () => S, model: M) {
    this.#make = () => {
      const store = make()
      if (medium.memory !== undefined) store.lieIn?.(medium.memory)
      return store
    }
    this.#place = medium.place()
    this.store = this.#make()
    this.model = model
    this.#committed = model.clone()
  }

  /** Saves what changed, or all of it. */
  commit(isSnapshot: boolean): void {
    this.#place.save(this.store, isSnapshot)
    this.#committed = this.model.clone()
  }

  /** Goes on with what was committed; `isCold` closes and opens what it lies in, too. */
  restart(isCold: boolean): void {
    this.store.close?.()
    this.store = this.#make()
    for (const entry of this.#place.load(this.store.name, isCold)) this.store.restore(entry)
    this.model = this.#committed.clone()
  }
}

/** Commands to commit and restart, as fast-check makes them. */
export type LifeStep =
  { readonly kind: 'commit'; readonly isSnapshot: boolean } | { readonly kind: 'restart' }

/** Runs a step of a store's life. */
export function live<S extends TaskStore, M extends Model<M>>(
  saved: SavedStore<S, M>,
  step: LifeStep,
): void {
  if (step.kind === 'commit') saved.commit(step.isSnapshot)
  else saved.restart(false)
}
