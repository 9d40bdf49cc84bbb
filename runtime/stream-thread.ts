// The loop of one worker: it owns tasks, polls their partitions, runs them, and takes part in commits.
import { receiveMessageOnPort } from 'node:worker_threads'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DataPort } from '../broker/ports.ts'
import type { CheckpointUpdate } from '../state/checkpoint-store.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'
import type { Topology } from '../topology/topology.ts'
import { SourceAlignment } from './alignment.ts'
import type { NumberedRequest, TaskToOpen, ThreadAnswer, ThreadSpec } from './messages.ts'
import { MetricSlab } from './metrics/slab.ts'
import { Outputs } from './outputs.ts'
import { Task, type TaskSurroundings } from './task.ts'
import { ThreadMetrics } from './thread-metrics.ts'
import { Unmatched } from './unmatched.ts'
import { Vitals } from './vitals.ts'

/** How long the loop runs without giving the event loop a turn. */
const TURN_MS = 50
/**
 * Bytes produced at which a transactional port commits before its time: what runs through the caches of
 * the processor costs less than what waited for the next interval, and memory stays small.
 */
const COMMIT_BYTES = 4_194_304

export class StreamThread {
  readonly #spec: ThreadSpec
  readonly #port: DataPort
  readonly #around: TaskSurroundings
  readonly #outputs: Outputs
  readonly #vitals: Vitals
  readonly #metrics: ThreadMetrics
  readonly #unmatched = new Unmatched()
  readonly #tasks = new Map<string, Task>()
  /** State of commits that were prepared and are not yet through, oldest first. */
  #unsaved: Map<Task, CheckpointUpdate>[] = []
  /** Between prepare and the end of the commit the thread computes, but sends nothing. */
  #isGateClosed = false
  #lastEmitMs = 0
  #isStopping = false

  constructor(
    spec: ThreadSpec,
    topology: Topology,
    port: DataPort,
    readerOf: RowReaderFactory | undefined,
  ) {
    const metrics = MetricSlab.open(spec.metrics)
    const { plan } = spec
    this.#spec = spec
    this.#port = port
    this.#outputs = new Outputs(port, metrics, plan.partitions)
    this.#vitals = new Vitals(spec.vitals)
    this.#metrics = new ThreadMetrics(metrics, topology)
    this.#around = {
      topology,
      plan,
      formats: spec.config.topicFormats,
      rowsMax: spec.config.maxPollRecords,
      port,
      outputs: this.#outputs,
      metrics,
      alignment: new SourceAlignment(spec.alignment, plan.alignmentSlots, spec.alignmentDriftMs),
      unmatched: (node, key) => this.#unmatched.add(node, key),
      readerOf,
    }
  }

  /** Runs until it is told to stop. @throws what a task throws; the thread is of no use then. */
  async run(): Promise<void> {
    let turnMs = Date.now()
    let idleMs = 1
    while (!this.#isStopping) {
      this.#vitals.beat()
      this.#answerRequests()
      const rows = this.#runTasks()
      this.#emitIfDue(rows === 0)
      this.#send()
      const nowMs = Date.now()
      if (nowMs - turnMs > TURN_MS) {
        await nextTurn()
        turnMs = Date.now()
      }
      if (rows > 0) {
        idleMs = 1
        continue
      }
      this.#metrics.in('idle', () => this.#vitals.wait(idleMs))
      idleMs = Math.min(idleMs * 2, this.#spec.config.pollMs)
    }
  }

  /** Gives up all that the thread holds. */
  close(): void {
    for (const task of this.#tasks.values()) task.close()
    this.#tasks.clear()
    this.#port.close()
  }

  #runTasks(): number {
    if (this.#isFull()) return 0
    return this.#metrics.in('process', () => {
      const nowMs = Date.now()
      let rows = 0
      for (const task of this.#tasks.values()) rows += task.step(nowMs)
      return rows
    })
  }

  /** Whether more has been produced than the broker has taken, beyond the limit. */
  #isFull(): boolean {
    return this.#bytesWaiting > this.#spec.config.bufferedBytesMax
  }

  get #bytesWaiting(): number {
    return this.#port.pendingBytes + this.#outputs.waitingBytes
  }

  #emitIfDue(isIdle: boolean): void {
    const nowMs = Date.now()
    if (!isIdle && nowMs - this.#lastEmitMs < this.#spec.config.emitIntervalMs) return
    this.#emit(nowMs)
  }

  #emit(nowMs: number): void {
    this.#lastEmitMs = nowMs
    this.#metrics.in('process', () => {
      for (const task of this.#tasks.values()) task.emit(nowMs)
      return this.#outputs.waiting
    })
    this.#metrics.stores(this.#tasks.values())
  }

  /** With a transactional port rows wait for the commit, which comes early where they are many. */
  #send(): void {
    if (!this.#port.transactional) {
      if (!this.#isGateClosed) this.#outputs.flush()
    } else if (this.#bytesWaiting > COMMIT_BYTES) this.#prepare()
  }

  #answerRequests(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#spec.control) as
        { message: NumberedRequest } | undefined
      if (received === undefined) return
      this.#answer(received.message)
    }
  }

  #answer(request: NumberedRequest): void {
    switch (request.kind) {
      case 'open':
        this.#reply(request.id, this.#open(request.tasks))
        return
      case 'close':
        for (const taskId of request.taskIds) this.#close(taskId)
        this.#reply(request.id, [])
        return
      case 'prepare':
        this.#prepare()
        this.#reply(request.id, this.#positions(), this.#unmatched.take())
        return
      case 'committed':
        this.#settle()
        this.#reply(request.id, [])
        return
      case 'not-committed':
        this.#isGateClosed = false
        this.#reply(request.id, [])
        return
      case 'stop':
        this.#isStopping = true
        this.#reply(request.id, [])
    }
  }

  /** Only a commit reads what was unmatched: taken with any other answer it would be lost. */
  #reply(
    id: number,
    positions: ThreadAnswer['positions'],
    unmatched: ThreadAnswer['unmatched'] = [],
  ): void {
    const unfinished = [...this.#tasks.values()].filter(({ isDone }) => !isDone).length
    const answer: ThreadAnswer = { id, positions, unfinished, unmatched }
    this.#spec.control.postMessage(answer)
  }

  #open(tasks: readonly TaskToOpen[]): ThreadAnswer['positions'] {
    return this.#metrics.in('restore', () =>
      tasks.map(({ spec, offset, stopAt }) => {
        const task = new Task(spec, offset, this.#around)
        task.open(stopAt)
        this.#tasks.set(spec.taskId, task)
        return task.start
      }),
    )
  }

  #close(taskId: string): void {
    const task = this.#tasks.get(taskId)
    if (task === undefined) return
    for (const updates of this.#unsaved) updates.delete(task)
    task.close()
    this.#tasks.delete(taskId)
  }

  #positions(): ThreadAnswer['positions'] {
    return [...this.#tasks.values()].map((task) => task.start)
  }

  /** Everything that was run goes out, and what is to be saved is packed. */
  #prepare(): void {
    this.#emit(Date.now())
    this.#metrics.in('commit', () => {
      const prepared = new Map<Task, CheckpointUpdate>()
      for (const task of this.#tasks.values()) {
        const update = task.checkpoint()
        if (update !== undefined) prepared.set(task, update)
      }
      this.#outputs.flush()
      if (this.#port.transactional) {
        if (prepared.size === 0) return
        this.#vitals.inTransaction(() =>
          this.#port.commit(() => prepared.forEach((update, task) => task.save(update))),
        )
      } else {
        this.#port.commit(() => undefined)
        this.#unsaved.push(new Map([...prepared].map(([task, update]) => [task, kept(update)])))
        this.#isGateClosed = true
      }
    })
  }

  /** The group has committed: the state may follow. */
  #settle(): void {
    const unsaved = this.#unsaved
    this.#unsaved = []
    this.#isGateClosed = false
    if (unsaved.length === 0) return
    this.#metrics.in('commit', () =>
      this.#vitals.inTransaction(() => {
        for (const updates of unsaved) updates.forEach((update, task) => task.save(update))
      }),
    )
  }
}

/** An update with bytes of its own: those that stores pack are valid until they pack again. */
function kept(update: CheckpointUpdate): CheckpointUpdate {
  return {
    ...update,
    stores: update.stores.map((store) => ({ ...store, bytes: store.bytes.slice() })),
  }
}
