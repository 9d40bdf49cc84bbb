// Machines that keep the state of one task, each its own, with one changelog between them.
import { MemoryDataPort } from '../../broker/memory/data-port.ts'
import { MemoryLog } from '../../broker/memory/log.ts'
import type { RestorePoint, TaskPosition } from '../../broker/ports.ts'
import { keyOf } from '../../broker/record-batch.ts'
import type { StateEnvironment } from '../../broker/state-environment.ts'
import type { TaskStore } from '../../processors/processor.ts'
import { changelogWriter } from '../../runtime/changelog-writer.ts'
import type { TaskToOpen } from '../../runtime/messages.ts'
import { TaskCheckpoints, type TaskMeta } from '../../runtime/task-checkpoints.ts'
import { TaskRestore } from '../../runtime/task-restore.ts'
import { changelogTopic } from '../../state/changelog.ts'

export const APP = 'app'
export const TASK = '1_0'
export const INPUT = 'orders'
export const LOG = changelogTopic(APP, 'counts')
/** The positions of the task. */
export const at = (offset: number): TaskPosition[] => [{ topic: INPUT, partition: 0, offset }]

/** A store that packs what it is told. */
export class TextStore implements TaskStore {
  readonly name = 'counts'
  readonly rows = 0
  readonly sizeBytes = 0
  readonly changedRows = 1
  readonly removedRows = 0
  next = ''
  pack(isSnapshot: boolean): Uint8Array {
    return new TextEncoder().encode(`${isSnapshot ? 'all ' : ''}${this.next}`)
  }
  restore(): void {
    throw new Error('not asked for here')
  }
}

/** What is on a machine behind a restore. */
export interface Restored {
  /** How many were read. */
  readonly records: number
  readonly texts: string[] | undefined
  readonly offset: number | undefined
  readonly meta: TaskMeta | undefined
}

/** Machines by name. */
export class TaskMachines {
  log = new MemoryLog()
  port = new MemoryDataPort(this.log, APP)

  constructor() {
    this.log.ensure(LOG, 1)
  }

  state(name: string): StateEnvironment {
    return this.port.openState(`${name}/${TASK}`)
  }

  checkpointsOn(name: string): TaskCheckpoints {
    return new TaskCheckpoints(this.state(name), TASK, changelogWriter(this.port, APP, 0))
  }

  /** Commits changes of a store, up to the offset of each. */
  commitOn(name: string, changes: Readonly<Record<string, number>>): TaskCheckpoints {
    const checkpoints = this.checkpointsOn(name)
    checkpoints.load()
    const store = new TextStore()
    for (const [text, offset] of Object.entries(changes)) {
      store.next = text
      checkpoints.save(checkpoints.pack(at(offset), { streamTimeMs: offset * 10 }, [store]))
    }
    this.port.commit(() => undefined)
    return checkpoints
  }

  /** Where the changelog ends. */
  get end(): number {
    return this.log.end({ topic: LOG, partition: 0 })
  }

  toOpen(committed: number, bounds: { start?: number; from?: RestorePoint } = {}): TaskToOpen {
    return {
      spec: {
        taskId: TASK,
        subtopology: 1,
        partition: 0,
        inputs: [{ topic: INPUT, alignmentSlot: -1 }],
        stores: ['counts'],
      },
      inputs: [{ offset: committed, inputStart: 0, stopAt: Infinity }],
      changelogs: [{ store: 'counts', topic: LOG, start: 0, end: this.end, ...bounds }],
    }
  }

  /** The keys of all records of the changelog. */
  keysInLog(): string[] {
    const reader = this.port.openReader({ topic: LOG, partition: 0, offset: 0 })
    const keys: string[] = []
    for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
      for (let row = 0; row < batch.count; row++) {
        keys.push(Buffer.from(keyOf(batch, row) ?? []).toString())
      }
    }
    reader.close()
    return keys
  }

  /** What is saved of the store. */
  textsOn(name: string): string[] | undefined {
    const entries = this.checkpointsOn(name).load()?.stores.get('counts')
    return entries && Array.from(entries, (bytes) => new TextDecoder().decode(bytes))
  }

  restoreOn(name: string, committed: number, bounds: { from?: RestorePoint } = {}): Restored {
    const toOpen = this.toOpen(committed, bounds)
    const restore = new TaskRestore(this.checkpointsOn(name), toOpen, this.port)
    let records = 0
    while (!restore.isDone) records += restore.step()
    const saved = this.checkpointsOn(name).load()
    const texts = this.textsOn(name)
    return { records, texts, offset: saved?.positions[0]?.offset, meta: saved?.meta }
  }

  copyOn(name: string, committed: number): TaskRestore {
    return new TaskRestore(this.checkpointsOn(name), this.toOpen(committed), this.port, true)
  }
}
