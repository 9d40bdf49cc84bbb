// Runs a topology's tasks as a stream thread does, without the thread: batches of rows, an emission now and then, a
// commit now and then. The test driver runs row by row, which costs ten times what operators do.
import { MemoryDataPort } from '../broker/memory/data-port.ts'
import type { MemoryLog } from '../broker/memory/log.ts'
import { streamsConfig } from '../config/config.ts'
import { GlobalTables } from '../processors/global-tables.ts'
import { SourceAlignment } from '../runtime/alignment.ts'
import { layoutOf } from '../runtime/metrics/layout.ts'
import { MetricSlab } from '../runtime/metrics/slab.ts'
import { Outputs } from '../runtime/outputs.ts'
import { dimensionsOf, inputsOf, type Plan } from '../runtime/plan.ts'
import { Task } from '../runtime/task.ts'
import { ThreadPhases } from '../runtime/thread-phases.ts'
import type { Topology } from '../topology/topology.ts'

/** What a thread with 1,000,000 rows a second runs in the 20 ms of `emit.interval.ms`. */
const EMIT_ROWS = 20_000
/** What it runs in the 100 ms of `commit.interval.ms`. */
const COMMIT_ROWS = 100_000

/** The tasks of a topology over a log. */
export class OperatorTasks {
  readonly #tasks: readonly Task[]
  readonly #port: MemoryDataPort
  readonly #outputs: Outputs

  constructor(topology: Topology, plan: Plan, log: MemoryLog) {
    const config = streamsConfig({})
    const dimensions = dimensionsOf(topology, plan)
    const metrics = MetricSlab.create(dimensions, 'bench', layoutOf(dimensions))
    const slots = plan.alignmentSlots
    const port = new MemoryDataPort(log, plan.applicationId)
    this.#port = port
    this.#outputs = new Outputs(port, metrics, plan.partitions)
    const around = {
      ...{ topology, plan, port, metrics, outputs: this.#outputs },
      formats: config.topicFormats,
      repartitionFormat: config.repartitionFormat,
      time: config,
      rowsMax: config.maxPollRecords,
      phases: new ThreadPhases(metrics),
      alignment: new SourceAlignment(SourceAlignment.allocate(slots), slots, -1),
      unmatched: () => undefined,
      globals: new GlobalTables(topology.nodes, () => undefined),
    }
    this.#tasks = plan.tasks.map((spec) => {
      const inputs = inputsOf(spec).map(() => ({ offset: 0, inputStart: 0, stopAt: Infinity }))
      const task = new Task({ spec, inputs, changelogs: [] }, around, 0)
      task.open()
      return task
    })
  }

  /** Runs until all is read that there is. */
  run(): void {
    let [toEmit, toCommit] = [EMIT_ROWS, COMMIT_ROWS]
    for (;;) {
      let rows = 0
      for (const task of this.#tasks) rows += task.step(0)
      toEmit -= rows
      toCommit -= rows
      if (rows === 0 || toEmit <= 0) {
        for (const task of this.#tasks) task.emit(0)
        toEmit = EMIT_ROWS
      }
      const written = this.#outputs.waiting
      this.#outputs.flush()
      this.#port.show()
      const isDone = rows === 0 && written === 0
      if (isDone || toCommit <= 0) {
        this.#commit()
        toCommit = COMMIT_ROWS
      }
      if (isDone) return
    }
  }

  close(): void {
    for (const task of this.#tasks) task.close()
    this.#port.close()
  }

  #commit(): void {
    const updates = this.#tasks.flatMap((task) => {
      const update = task.checkpoint()
      return update === undefined ? [] : [{ task, update }]
    })
    this.#port.commit(() => {
      for (const { task, update } of updates) task.save(update)
    })
  }
}
