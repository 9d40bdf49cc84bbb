// A task whose state on this machine is behind: a copy of one that another instance runs, or one that is being
// restored. It is brought on from its changelogs, and can be read as far as it is.
import type { DataPort } from '../broker/ports.ts'
import type { StateEnvironment } from '../broker/state-environment.ts'
import type { TaskToOpen } from './messages.ts'
import type { TaskSpec } from './plan.ts'
import { StoreView, type ViewSurroundings } from './store-view.ts'
import { TaskCheckpoints } from './task-checkpoints.ts'
import { TaskRestore } from './task-restore.ts'

/** What state that is behind is. */
export type BehindKind = 'copy' | 'restoring'

/** A task that is not run here, or not yet. */
export class TaskBehind {
  readonly toOpen: TaskToOpen
  readonly kind: BehindKind
  readonly restore: TaskRestore
  readonly environment: StateEnvironment
  readonly #checkpoints: TaskCheckpoints
  #view: StoreView | undefined

  /** @param unsavedBytesMax see `TaskRestore`. */
  constructor(
    toOpen: TaskToOpen,
    kind: BehindKind,
    port: DataPort,
    unsavedBytesMax?: () => number,
  ) {
    const { taskId } = toOpen.spec
    this.toOpen = toOpen
    this.kind = kind
    this.environment = port.openState(taskId)
    this.#checkpoints = new TaskCheckpoints(this.environment, taskId)
    const isCopy = kind === 'copy'
    this.restore = new TaskRestore(this.#checkpoints, toOpen, port, isCopy, unsavedBytesMax)
    this.#checkpoints.onRestored = (store, entries) => {
      if (this.#view?.take(store, entries) === false) this.forget()
    }
    this.#checkpoints.onCleared = () => this.forget()
  }

  get spec(): TaskSpec {
    return this.toOpen.spec
  }

  /** What of it can be read; undefined where nobody asked for it. */
  get view(): StoreView | undefined {
    return this.#view
  }

  /** Takes what is at hand of its changelogs, but while it is being read into memory. @returns how many records. */
  step(): number {
    return this.#view?.isLoading === true ? 0 : this.restore.step()
  }

  /** Makes what is here of a store readable, or begins to; see `StoreView.step`. */
  wanted(store: string, nowMs: number, around: ViewSurroundings): StoreView {
    this.#view ??= new StoreView(this.#checkpoints, this.spec, around)
    this.#view.askedMs = nowMs
    this.#view.want(store)
    return this.#view
  }

  /** Gives up what was made readable. */
  forget(): void {
    this.#view?.close()
    this.#view = undefined
  }

  close(): void {
    this.forget()
    this.restore.close()
  }
}
