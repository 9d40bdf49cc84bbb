// How a worker makes progress durable. With a transactional port it commits by itself: what its tasks did
// is packed and flushed, the tasks go on, and the transaction follows when the disk has it all. With
// another port the group commits on the main thread, and the state follows.
import type { DataPort } from '../broker/ports.ts'
import type { CheckpointUpdate } from '../state/checkpoint-store.ts'
import type { Outputs } from './outputs.ts'
import type { Task } from './task.ts'
import type { Vitals } from './vitals.ts'

type Updates = Map<Task, CheckpointUpdate>

/**
 * How far the disk may be behind what the group has committed, in milliseconds and bytes, while there are rows to run:
 * changelogs have it, and after a kill that much is read of them. Kafka Streams spares its checkpoints as well, until
 * 10,000 records have come (StateManagerUtil.checkpointNeeded).
 */
const SAVE_INTERVAL_MS = 1_000
const SAVE_BYTES = 8_388_608

/** A commit between its flush and its transaction. */
interface BegunCommit {
  readonly updates: Updates
  isFlushed: boolean
  readonly done: () => void
}

export class ThreadCommits {
  readonly #port: DataPort
  readonly #outputs: Outputs
  readonly #vitals: Vitals
  #begun: BegunCommit | undefined
  /** State of commits that the group has not told to be through, oldest first. */
  #unsaved: Updates[] = []
  /** What the group has committed and the disk does not have yet, oldest first. */
  #committed = new Map<Task, CheckpointUpdate[]>()
  #committedBytes = 0
  /** Those whose positions are in the commit under way, and that the group must know as this member's. */
  #unsure: readonly Task[] = []
  #saveAtMs = 0
  /** Between the preparation of a commit and its end the thread computes, but sends nothing. */
  isGateClosed = false
  /** Whether the commit that was prepared last has anything but positions. */
  hasProduced = false
  /** Whether changelogs are to hear of that commit when its results are acknowledged. */
  hasUntold = false
  /** What the outputs had handed over by then. */
  #records = 0

  constructor(port: DataPort, outputs: Outputs, vitals: Vitals) {
    this.#port = port
    this.#outputs = outputs
    this.#vitals = vitals
  }

  /** Whether a commit waits for the disk. */
  get isBegun(): boolean {
    return this.#begun !== undefined
  }

  /**
   * Takes all that the tasks did, which must have put out what they hold back. `done` is called when it
   * is durable, or where the group commits when it has been handed over.
   */
  prepare(tasks: Iterable<Task>, done: () => void): void {
    this.finish()
    const updates: Updates = new Map()
    const unsure: Task[] = []
    this.hasUntold = false
    for (const task of tasks) {
      const update = task.checkpoint()
      // One that came to nothing may have left something, too.
      this.hasUntold ||= task.hasUntold
      if (update !== undefined) updates.set(task, update)
      if (task.isUnsure) unsure.push(task)
    }
    this.#unsure = unsure
    this.#outputs.flush()
    this.hasProduced = updates.size > 0 || this.#outputs.records > this.#records
    this.#records = this.#outputs.records
    if (!this.#port.transactional) {
      this.#port.commit(() => undefined)
      this.#unsaved.push(new Map([...updates].map(([task, update]) => [task, kept(update)])))
      this.isGateClosed = true
      done()
    } else if (updates.size === 0) {
      done()
    } else {
      const begun: BegunCommit = { updates, isFlushed: false, done }
      this.#begun = begun
      if (this.#port.flush === undefined) this.finish()
      else this.#port.flush(() => (begun.isFlushed = true))
    }
  }

  /** All results are acknowledged: changelogs get what waited for that, with the gate still closed. */
  tell(tasks: Iterable<Task>): void {
    for (const task of tasks) task.tell()
    this.#port.commit(() => undefined)
  }

  /** Ends the commit that waits for the disk, if it has waited long enough. */
  finishIfFlushed(): void {
    if (this.#begun?.isFlushed === true) this.finish()
  }

  /** Ends the commit that waits for the disk, and waits for the disk itself. @throws BrokerError */
  finish(): void {
    const begun = this.#begun
    if (begun === undefined) return
    this.#begun = undefined
    this.#vitals.inTransaction(() =>
      this.#port.commit(() => begun.updates.forEach((update, task) => task.save(update))),
    )
    begun.done()
  }

  /** The group has committed: the state follows, see `saveIfDue`. */
  settle(monotonicMs: number): void {
    for (const task of this.#unsure) task.isUnsure = false
    this.#unsure = []
    const unsaved = this.#unsaved
    this.#unsaved = []
    this.isGateClosed = false
    if (this.#committed.size === 0) this.#saveAtMs = monotonicMs + SAVE_INTERVAL_MS
    for (const updates of unsaved) {
      updates.forEach((update, task) => {
        const before = this.#committed.get(task)
        if (before === undefined) this.#committed.set(task, [update])
        else before.push(update)
        for (const { bytes } of update.stores) this.#committedBytes += bytes.length
      })
    }
  }

  /**
   * Writes what the group has committed to the disk when it has waited long enough or is much, and at once where the
   * thread is idle: what is kept longer than V8 calls young is garbage that it looks for seldom.
   */
  saveIfDue(monotonicMs: number, isIdle: boolean): void {
    if (this.#committed.size === 0) return
    if (isIdle || monotonicMs >= this.#saveAtMs || this.#committedBytes > SAVE_BYTES) this.save()
  }

  /** Writes what the group has committed to the disk. @throws BrokerError */
  save(): void {
    if (this.#committed.size === 0) return
    this.#vitals.inTransaction(() =>
      this.#committed.forEach((updates, task) => task.save(...updates)),
    )
    // Not cleared: its table of before, once it is old to V8, would keep the ones behind it and all that is in them
    // until the old are looked through.
    this.#committed = new Map()
    this.#committedBytes = 0
  }

  /** Forgets what the group did not commit: its transaction is being undone. */
  discard(): void {
    this.#unsaved = []
    this.isGateClosed = false
  }

  /** Ends what concerns a task that is about to be closed: what the group did not commit is forgotten. */
  release(task: Task): void {
    this.finish()
    for (const updates of this.#unsaved) updates.delete(task)
    const committed = this.#committed.get(task) ?? []
    this.#committed.delete(task)
    this.#vitals.inTransaction(() => task.save(...committed))
  }
}

/** An update with bytes of its own: those that stores pack are valid until they pack again. */
function kept(update: CheckpointUpdate): CheckpointUpdate {
  return {
    ...update,
    stores: update.stores.map((store) => ({ ...store, bytes: store.bytes.slice() })),
  }
}
