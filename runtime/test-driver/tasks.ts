// The tasks of a test driver: the same Task code as in a worker, in this thread, over a log in memory,
// stepped until nothing moves. The driver makes them anew after a restart.
import type { StreamsConfig } from '../../config/config.ts'
import { openPositions } from '../../broker/lmdb.ts'
import { MemoryDataPort } from '../../broker/memory/data-port.ts'
import type { MemoryLog } from '../../broker/memory/log.ts'
import type { DropReason } from '../../processors/processor.ts'
import type { Topology } from '../../topology/topology.ts'
import { SourceAlignment } from '../alignment.ts'
import { layoutOf } from '../metrics/layout.ts'
import { MetricSlab } from '../metrics/slab.ts'
import { Outputs } from '../outputs.ts'
import { dimensionsOf, inputsOf, type Plan } from '../plan.ts'
import { Task } from '../task.ts'

/** No partition waits for another, and none takes over another's event time: input comes as it is piped. */
class NoAlignment extends SourceAlignment {
  constructor(slots: number) {
    super(SourceAlignment.allocate(slots), slots, -1)
  }

  override get latestMs(): number {
    return -1
  }
}

/** All tasks of a topology in one thread. */
export class DriverTasks {
  readonly tasks: readonly Task[]
  readonly #port: MemoryDataPort
  readonly #outputs: Outputs
  readonly #log: MemoryLog
  readonly #isOneTask: boolean

  constructor(
    topology: Topology,
    plan: Plan,
    log: MemoryLog,
    config: StreamsConfig,
    nowMs: number,
    isOneTask: boolean,
    dropped: (node: string, reason: DropReason) => void,
  ) {
    const dimensions = dimensionsOf(topology, plan)
    const metrics = MetricSlab.create(dimensions, 'test-driver', layoutOf(dimensions))
    const port = new MemoryDataPort(log, plan.applicationId)
    this.#log = log
    this.#isOneTask = isOneTask
    this.#port = port
    this.#outputs = new Outputs(port, metrics, plan.partitions, (topic) => {
      if (!log.has(topic)) log.ensure(topic, 1)
      return log.topics.find(({ name }) => name === topic)!.partitions
    })
    const positions = openPositions(port.openState(''))
    this.tasks = plan.tasks.map((spec) => {
      const inputs = inputsOf(spec).map((of) => {
        return { offset: positions.get(of) ?? 0, inputStart: 0, stopAt: Infinity }
      })
      const task = new Task(
        { spec, inputs, changelogs: [] },
        {
          topology,
          plan,
          formats: config.topicFormats,
          rowsMax: Infinity,
          port,
          outputs: this.#outputs,
          metrics,
          alignment: new NoAlignment(plan.alignmentSlots),
          unmatched: () => undefined,
          dropped,
        },
        nowMs,
      )
      task.open()
      return task
    })
  }

  /** Calls what waits for the wall clock, and runs what follows from it. */
  punctuate(nowMs: number): void {
    for (const task of this.tasks) {
      task.step(nowMs)
      this.#letOut(task, nowMs)
    }
    this.run(nowMs)
  }

  /** Steps the tasks, one after the other, until all have read all there is. */
  run(nowMs: number): void {
    for (let task = this.#next(); task !== undefined; task = this.#next()) {
      task.step(nowMs)
      this.#letOut(task, nowMs)
      if (this.#isOneTask) this.#shareTime(nowMs)
    }
  }

  /** The task whose unread input came first. */
  #next(): Task | undefined {
    let next: Task | undefined
    let earliest = Infinity
    for (const task of this.tasks) {
      for (const start of task.starts) {
        const arrival = this.#log.arrivalOf(start)
        if (arrival >= earliest) continue
        earliest = arrival
        next = task
      }
    }
    return next
  }

  /** All tasks have come to the time of the first of them, and those who wait for it are called. */
  #shareTime(nowMs: number): void {
    const timeMs = Math.max(...this.tasks.map(({ streamTimeMs }) => streamTimeMs))
    for (const task of this.tasks) {
      if (timeMs <= task.streamTimeMs) continue
      task.streamTimeMs = timeMs
      if (timeMs < task.punctuatesAtMs) continue
      task.punctuate()
      this.#letOut(task, nowMs)
    }
  }

  /** What was run stays, as after a commit in production. */
  commit(): void {
    const updates = this.tasks.flatMap((task) => {
      const update = task.checkpoint()
      return update === undefined ? [] : [{ task, update }]
    })
    this.#port.commit(() => {
      for (const { task, update } of updates) task.save(update)
    })
  }

  close(): void {
    for (const task of this.tasks) task.close()
    this.#port.close()
  }

  #letOut(task: Task, nowMs: number): void {
    task.emit(nowMs)
    this.#outputs.flush()
    this.#port.show()
  }
}
