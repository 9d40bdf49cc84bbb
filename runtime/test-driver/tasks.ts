// The tasks of a test driver: the same Task code as in a worker, in this thread, over a log in memory,
// stepped until nothing moves. The driver makes them anew after a restart.
import type { StreamsConfig } from '../../config/config.ts'
import { openPositions } from '../../broker/lmdb.ts'
import { MemoryDataPort } from '../../broker/memory/data-port.ts'
import type { MemoryLog } from '../../broker/memory/log.ts'
import type { PartitionReader } from '../../broker/ports.ts'
import { GlobalTables } from '../../processors/global-tables.ts'
import type { QueryableStore } from '../../processors/queryable.ts'
import type { DropReason } from '../../processors/processor.ts'
import type { Topology } from '../../topology/topology.ts'
import { SourceAlignment } from '../alignment.ts'
import { layoutOf } from '../metrics/layout.ts'
import { MetricSlab } from '../metrics/slab.ts'
import { Outputs } from '../outputs.ts'
import { dimensionsOf, globalsOf, inputsOf, type Plan } from '../plan.ts'
import { Task } from '../task.ts'
import { RowQueue, type WaitingInput } from './row-queue.ts'
import { ThreadPhases } from '../thread-phases.ts'

/** No partition waits for another, and none takes over another's event time: input comes as it is piped. */
class NoAlignment extends SourceAlignment {
  constructor(slots: number) {
    super(SourceAlignment.allocate(slots), slots, -1)
  }

  override get latestMs(): number {
    return -1
  }
}

/** Laid out once a plan: a driver that restarts after each input would do little else. */
const slabs = new WeakMap<Plan, MetricSlab>()

function slabOf(topology: Topology, plan: Plan): MetricSlab {
  const { spec, layout } = slabs.get(plan) ?? {}
  const dimensions = spec?.dimensions ?? dimensionsOf(topology, plan)
  const slab = MetricSlab.create(dimensions, 'test-driver', layout ?? layoutOf(dimensions))
  slabs.set(plan, slab)
  return slab
}

/** All tasks of a topology in one thread. */
export class DriverTasks {
  readonly tasks: readonly Task[]
  readonly #port: MemoryDataPort
  readonly #outputs: Outputs
  readonly #log: MemoryLog
  readonly #isOneTask: boolean
  readonly #goesOnWhenIdle: boolean
  readonly #queue = new RowQueue()
  /** The topic whose next row runs. */
  #running = ''
  readonly #globals: GlobalTables
  readonly #globalReaders: readonly PartitionReader[]

  constructor(
    topology: Topology,
    plan: Plan,
    log: MemoryLog,
    config: StreamsConfig,
    nowMs: number,
    isOneTask: boolean,
    dropped: (node: string, reason: DropReason) => void,
  ) {
    const metrics = slabOf(topology, plan)
    const port = new MemoryDataPort(log, plan.applicationId)
    this.#log = log
    this.#isOneTask = isOneTask
    this.#goesOnWhenIdle = config.streamTimeIdleAdvanceMs >= 0
    this.#port = port
    this.#outputs = new Outputs(port, metrics, plan.partitions, (topic) => {
      if (!log.has(topic)) log.ensure(topic, 1)
      return log.topics.find(({ name }) => name === topic)!.partitions
    })
    this.#globals = new GlobalTables(globalsOf(topology, config.topicFormats), dropped)
    this.#globalReaders = this.#globals.topics.flatMap((topic) =>
      Array.from({ length: plan.partitions[topic] ?? 1 }, (_, partition) =>
        log.reader({ topic, partition }, 0),
      ),
    )
    const positions = openPositions(port.openState(''))
    const alignment = new NoAlignment(plan.alignmentSlots)
    const phases = new ThreadPhases(metrics)
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
          repartitionFormat: config.repartitionFormat,
          // A row at hand is never held back for one that a test may still put in.
          time: { ...config, maxTaskIdleMs: 0 },
          idleEveryMs: 0,
          rowsMax: 1,
          endsViews: true,
          frameRowsMax: 1,
          rankOf: ({ topic }) => (topic === this.#running ? 0 : 1),
          port,
          outputs: this.#outputs,
          metrics,
          phases,
          alignment,
          unmatched: () => undefined,
          globals: this.#globals,
          dropped,
        },
        nowMs,
      )
      task.eventTime.followsWriters = !isOneTask || this.#goesOnWhenIdle
      task.open()
      return task
    })
  }

  /** Calls what waits for the wall clock, and runs what follows from it. */
  punctuate(nowMs: number): void {
    this.#stepEach(nowMs)
    // Where event time goes on without records, a task follows those that come after it, too.
    if (this.#goesOnWhenIdle) this.#stepEach(nowMs)
  }

  /** All are called before any sees what another makes of it. */
  #stepEach(nowMs: number): void {
    for (const task of this.tasks) task.step(nowMs)
    for (const task of this.tasks) this.#letOut(task, nowMs)
    this.run(nowMs)
  }

  /** Runs row by row, the earliest first, until all have read all there is. */
  run(nowMs: number): void {
    this.#readGlobals()
    this.#offer(nowMs)
    for (let next = this.#queue.poll(); next !== undefined; next = this.#queue.poll()) {
      const { task, topic } = next
      this.#running = topic
      task.step(nowMs)
      const more = task.heads(nowMs).find((head) => head.topic === topic)
      if (more !== undefined) this.#queue.offer({ ...next, timestampMs: more.timestampMs })
      this.#letOut(task, nowMs)
      if (this.#isOneTask) this.#shareTime(nowMs)
      this.#offer(nowMs)
    }
  }

  /** Lets inputs wait that have rows now and had none before, in the order in which they came. */
  #offer(nowMs: number): void {
    const found: (WaitingInput & { readonly arrival: number })[] = []
    for (const task of this.tasks) {
      for (const { topic, timestampMs, start } of task.heads(nowMs)) {
        if (this.#queue.has(task, topic)) continue
        found.push({ task, topic, timestampMs, arrival: this.#log.arrivalOf(start) })
      }
    }
    found.sort((one, other) => one.arrival - other.arrival)
    for (const { task, topic, timestampMs } of found)
      this.#queue.offer({ task, topic, timestampMs })
  }

  /** Global tables have all there is before a task looks them up. */
  #readGlobals(): void {
    for (const reader of this.#globalReaders) {
      for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
        this.#globals.put(reader, batch)
      }
    }
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

  /** A store that a task of a partition has, or a global one. */
  storeOf(name: string, partition: number): QueryableStore | undefined {
    for (const task of this.tasks) {
      const found = task.partition === partition ? task.state.queryable(name) : undefined
      if (found !== undefined) return found
    }
    return this.#globals.queryable(name)
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
