// All inputs of a task: polls them, runs their rows in the order of event time, and tells those behind the
// repartition topics how far that is. The task calls it once a step.
import type { TopicPartitionOffset } from '../broker/ports.ts'
import type { RecordBatch } from '../broker/record-batch.ts'
import type { TaskContext } from '../processors/processor.ts'
import type { RepartitionWriter } from '../processors/repartition-writer.ts'
import type { SourceAlignment } from './alignment.ts'
import { earliestOf } from './earliest-input.ts'
import { IdleClock, type IdleTimes } from './idle-clock.ts'
import { InputWaits } from './input-waits.ts'
import { SourceClock } from './source-clock.ts'
import type { TaskInput } from './task-input.ts'
import type { TaskMetrics } from './task-metrics.ts'

/** An input with something at hand, and the event time of its next row; -Infinity where it has none. */
export interface InputAtHand {
  readonly topic: string
  readonly start: TopicPartitionOffset
  readonly timestampMs: number
}

/** What the inputs need of their task. */
export interface InputSurroundings {
  readonly context: TaskContext & { oldestMs: number }
  readonly alignment: SourceAlignment
  readonly metrics: TaskMetrics
  readonly writers: readonly RepartitionWriter[]
  /** Rows of a source that are run per step, at most. */
  readonly rowsMax: number
  /** Rows of frames that are run per step, at most. */
  readonly frameRowsMax: number
  /** How long to wait for an empty input, see `InputWaits`; not for one without more to fetch where left out. */
  readonly maxTaskIdleMs?: (() => number) | undefined
  /** When event time goes on without records; never where left out. */
  readonly idle?: IdleTimes | undefined
  /** Whether results come out with times that lie behind the event time of the task. */
  readonly holdsBack: () => boolean
  /** Which of two inputs whose next rows have one time goes first: the lower; the first where left out. */
  readonly rankOf?: ((input: TaskInput) => number) | undefined
}

/** The inputs of one task. */
export class TaskInputs {
  /** Whether something changed that is to be saved; whoever saves it sets it back. */
  hasChanged = true
  readonly all: readonly TaskInput[]
  readonly #around: InputSurroundings
  readonly #clock: SourceClock
  readonly #waits: InputWaits
  readonly #idle: IdleClock | undefined
  readonly #hasSource: boolean
  /** Whether rows wait for the next emission to be handed over. */
  #isKeeping = false
  /** Rows of sources that were run since somebody asked. */
  #sourceRows = 0

  constructor(all: readonly TaskInput[], around: InputSurroundings) {
    this.all = all
    this.#around = around
    this.#clock = new SourceClock(around.alignment)
    this.#waits = new InputWaits(all, around.maxTaskIdleMs ?? (() => 0))
    this.#hasSource = all.some(({ source }) => source !== undefined)
    const { idle, context } = around
    if (idle !== undefined && this.#hasSource) this.#idle = new IdleClock(idle, context.nowMs)
  }

  /** Rows of sources that were run since the last call. */
  takeSourceRows(): number {
    const rows = this.#sourceRows
    this.#sourceRows = 0
    return rows
  }

  /** Whether all was read that was to be read; who reads repartition topics only always has. */
  get isDone(): boolean {
    const sources = this.all.filter(({ source }) => source !== undefined)
    if (sources.length === 0) return true
    // The windows behind it close by what it says last, so it must have said it.
    const { writers } = this.#around
    const hasTold =
      writers.length === 0 || (this.#clock.isLatestTold && writers.every((each) => each.hasTold))
    return sources.every(({ isAtStop }) => isAtStop) && hasTold
  }

  /** Runs what is at hand, at most one batch an input and `rowsMax` rows. @returns how many rows. */
  run(): number {
    const rows = this.all.length === 1 ? this.#runOne(this.all[0]!) : this.#runInTurn()
    if (this.#hasSource) {
      const isBehind = this.all.some((input) => input.isBehind)
      const hasMoved = this.#idle !== undefined && this.#goOn(this.#idle, rows > 0)
      this.#tell(rows > 0, isBehind, hasMoved)
    }
    if (rows > 0) this.hasChanged = true
    return rows
  }

  /** Takes what is at hand without running it. @returns the inputs that have something. */
  heads(): InputAtHand[] {
    for (const input of this.all) this.#fill(input)
    return this.all.flatMap(({ head, topic, start }) =>
      head.isEmpty ? [] : [{ topic, start, timestampMs: head.nextTimestampMs ?? -Infinity }],
    )
  }

  /** Runs frames that were begun to their end: between their rows there is no offset to commit. */
  settle(): number {
    let rows = 0
    for (const input of this.all) {
      if (input.frames?.isWithinFrame !== true) continue
      rows += input.frames.finishFrame()
      input.moved()
      this.hasChanged = true
    }
    return rows
  }

  /** Hands over what was kept for larger frames, and what aggregates and punctuators have let out. */
  flushEmitted(): void {
    const { writers, context } = this.#around
    if (writers.length === 0) return
    const clock = this.#clock
    const isDue = this.#isKeeping && clock.isDue(context.nowMs, true)
    this.#isKeeping = false
    for (const writer of writers) {
      if (this.#hasSource) writer.flush(clock.timeMs, this.#vouchedMs, isDue)
      else writer.flush(context.streamTimeMs, this.#vouchedMs, true)
    }
  }

  /** What those behind the task's repartition topics may take for their time without having seen rows of it. */
  get #vouchedMs(): number {
    const { holdsBack, context } = this.#around
    const { eventTime } = context
    // What is held back would come too late for those who have gone on.
    if (holdsBack()) return -1
    if (this.#hasSource) return this.#clock.vouchedMs
    return eventTime.goesOnWhenIdle ? eventTime.vouchedMs : -1
  }

  #runOne(input: TaskInput): number {
    this.#fill(input)
    return input.frames === undefined ? this.#runSource(input, Infinity) : this.#runFrames(input)
  }

  /** Several inputs: the one whose next row is earliest runs, as far as it stays that. */
  #runInTurn(): number {
    const { rowsMax, context } = this.#around
    let rows = 0
    for (const input of this.all) this.#fill(input)
    while (rows < rowsMax) {
      const [first, limitMs, firstMs] = earliestOf(this.all, this.#around.rankOf)
      if (this.#waits.isWaiting(firstMs, context.nowMs) || first === undefined) break
      const run =
        first.frames === undefined
          ? this.#runSource(first, limitMs)
          : first.frames.run(limitMs, rowsMax - rows)
      first.moved()
      rows += run
      if (run === 0 && first.frames === undefined) break
      this.#fill(first)
    }
    for (const input of this.all) {
      input.moved()
      if (input.source === undefined) continue
      if (this.#waits.isForNothingKnown) this.#around.alignment.idle(input.slot)
      else this.#tellAlignment(input)
    }
    return rows
  }

  #runFrames(input: TaskInput): number {
    const { head } = input
    const isEmpty = head.isEmpty
    const rows = head.run(Infinity, this.#around.frameRowsMax)
    input.moved()
    if (isEmpty) return 0
    // Frames without rows have event time, too.
    if (this.#around.context.streamTimeMs >= 0)
      this.#around.metrics.streamTime.set(this.#around.context.streamTimeMs / 1_000)
    this.hasChanged = true
    return rows
  }

  #runSource(input: TaskInput, limitMs: number): number {
    const { alignment, rowsMax } = this.#around
    const { slot, head } = input
    let rows = 0
    if (!head.isEmpty) {
      // The next row's time is told before the limit is asked for: two partitions that both wait for
      // the other's last row would wait for ever.
      alignment.behind(slot, this.#timeOf(input))
      rows = head.run(Math.min(limitMs, alignment.limitFor(slot)), rowsMax)
      input.moved()
    }
    this.#tellAlignment(input)
    this.#sourceRows += rows
    if (rows > 0) alignment.reached(slot, this.#around.context.streamTimeMs)
    return rows
  }

  /** An input that has nothing must not hold up others. */
  #tellAlignment(input: TaskInput): void {
    const { alignment } = this.#around
    if (input.isBehind) alignment.behind(input.slot, this.#timeOf(input))
    else alignment.idle(input.slot)
  }

  /** Takes the next batch of an input that has none. */
  #fill(input: TaskInput): void {
    const batch = input.poll()
    if (batch === undefined) return
    this.#around.metrics.consumed(input.topic, batch.count, batch.bytes.length)
    const { context } = this.#around
    if (input.frames !== undefined) {
      input.frames.begin(batch)
      context.oldestMs = Math.min(context.oldestMs, input.frames.sentMs)
    } else if (input.source !== undefined) {
      this.#observeSource(batch, batch.timestamps[0] ?? Infinity)
      input.source.begin(batch, input.stopAt)
    }
  }

  #observeSource(batch: RecordBatch, appendedMs: number): void {
    if (appendedMs === Infinity) return
    this.#around.metrics.sourceLatency(
      (this.#around.context.nowMs - appendedMs) / 1_000,
      batch.count,
    )
    const isFirst = this.all.length === 1 && !this.#isKeeping
    const { context } = this.#around
    context.oldestMs = isFirst ? appendedMs : Math.min(context.oldestMs, appendedMs)
  }

  /** Moves event time on where nothing has come for long. @returns whether there is something to tell. */
  #goOn(idle: IdleClock, hasRun: boolean): boolean {
    const { context, alignment, metrics } = this.#around
    const { nowMs } = context
    const isForGood = this.all.every(({ source, isAtStop }) => source === undefined || isAtStop)
    if (hasRun || isForGood || this.all.some(hasRows)) {
      idle.active(nowMs)
      return false
    }
    const timeMs = idle.idle(context.streamTimeMs, nowMs)
    if (timeMs === undefined) return false
    if (timeMs > context.streamTimeMs) {
      context.streamTimeMs = timeMs
      context.eventTime.vouchForSources(timeMs)
      for (const { source, slot } of this.all) {
        if (source !== undefined) alignment.reached(slot, timeMs)
      }
      metrics.streamTime.set(timeMs / 1_000)
      this.hasChanged = true
      if (timeMs >= context.punctuatesAtMs) context.punctuate()
    }
    // A source that is silent follows the others, also where it never had a record.
    this.#clock.vouch(Math.max(timeMs, alignment.furthestMs))
    return true
  }

  /** Hands rows over to those behind the repartition topics, and the event time with them. */
  #tell(hasRun: boolean, isBehind: boolean, isUrgent: boolean): void {
    const { writers } = this.#around
    if (writers.length === 0) return
    const clock = this.#clock
    const isAtStop = this.all.every((input) => input.isAtStop)
    if (hasRun || isBehind)
      clock.active(this.#around.context.streamTimeMs, this.#around.context.nowMs)
    else clock.idle(this.#around.context.nowMs, isAtStop)
    // There is more: rows that go together share their keys, and emission is never far.
    if (hasRun && isBehind && !isUrgent && writers.every((each) => each.gathersRows)) {
      this.#isKeeping = true
    } else {
      const toAll = clock.isDue(this.#around.context.nowMs, isUrgent || isBehind || isAtStop)
      if (!hasRun && !toAll) return
      for (const writer of writers) writer.flush(clock.timeMs, this.#vouchedMs, toAll)
    }
    this.hasChanged = true
  }

  #timeOf({ head }: TaskInput): number {
    return Math.max(this.#around.context.streamTimeMs, head.nextTimestampMs ?? -Infinity)
  }
}

/** Whether an input has, or may have, rows. Frames that are not at hand may be such as only tell the time. */
function hasRows({ source, head, isBehind }: TaskInput): boolean {
  return source === undefined ? head.nextTimestampMs !== undefined : isBehind
}
