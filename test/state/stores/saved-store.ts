// A store with its saved log, for the tests of all stores: what is committed outlives a restart, what is
// not is lost, in the store and in its model alike.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEnvironment, type OpenedEnvironment } from '../../../broker/lmdb.ts'
import type { TaskStore } from '../../../processors/processor.ts'
import { CheckpointStore } from '../../../state/checkpoint-store.ts'

/** A directory with an environment that can be closed and opened anew. */
export class Disk {
  readonly #directory = mkdtempSync(join(tmpdir(), 'millrace-store-'))
  environment: OpenedEnvironment = openEnvironment(this.#directory)
  #tasks = 0

  /** A task id that nothing was saved for. */
  nextTask(): string {
    this.#tasks += 1
    return `0_${this.#tasks}`
  }

  reopen(): void {
    this.environment.close()
    this.environment = openEnvironment(this.#directory)
  }

  remove(): void {
    this.environment.close()
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
  readonly #disk: Disk
  readonly #task: string
  #saved: CheckpointStore
  #committed: M

  constructor(disk: Disk, make: () => S, model: M) {
    this.#make = make
    this.#disk = disk
    this.#task = disk.nextTask()
    this.#saved = new CheckpointStore(disk.environment, this.#task)
    this.store = make()
    this.model = model
    this.#committed = model.clone()
  }

  /** Saves what changed, or all of it. */
  commit(isSnapshot: boolean): void {
    const bytes = this.store.pack(isSnapshot)
    const stores =
      bytes === undefined ? [] : [{ name: this.store.name, bytes, snapshot: isSnapshot }]
    this.#saved.save({ positions: [{ topic: 't', partition: 0, offset: 1 }], stores })
    this.#committed = this.model.clone()
  }

  /** Goes on with what was committed; `isCold` closes and opens the environment, too. */
  restart(isCold: boolean): void {
    if (isCold) this.#disk.reopen()
    this.#saved = new CheckpointStore(this.#disk.environment, this.#task)
    this.store = this.#make()
    for (const entry of this.#saved.load()?.stores.get(this.store.name) ?? []) {
      this.store.restore(entry)
    }
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
