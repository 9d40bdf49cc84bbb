// Reads the topic of a job's panel, while somebody looks and never with more than a tenth of the main
// thread's time: the job goes first. page-panels.ts has one for each panel.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, StandaloneReader, TopicPartition } from '../broker/ports.ts'
import { valueOf, type RecordBatch } from '../broker/record-batch.ts'
import type { JobPanel, PanelView } from '../topology/panel.ts'
import type { Serde } from '../topology/serdes/serde.ts'
import type { Panel } from './wire.ts'

/** So long after the last question nobody looks any more. */
const WANTED_MS = 10_000
/** Of what a step took, so many times as much belongs to others before the next one. */
const REST_FACTOR = 9
const IDLE_MS = 250
const READ_MS = 10
/** How often it is asked where the topic ends, and what there is to see is made anew. */
const REFRESH_MS = 2_000

export class PanelReader {
  readonly #broker: Broker
  readonly #panel: JobPanel
  readonly #serde: Serde<unknown>
  readonly #view: PanelView<unknown>
  #readers: { readonly partition: TopicPartition; readonly reader: StandaloneReader }[] = []
  #loop: Promise<void> | undefined
  #wantedUntilMs = 0
  #isClosed = false
  #rows = 0
  #unreadable = 0
  #problem: string | null = null
  #shown: { readonly atMs: number; readonly panel: Promise<Panel> } | undefined

  /** `formats` are the configured names of value formats by topic. */
  constructor(broker: Broker, panel: JobPanel, formats: Readonly<Record<string, string>>) {
    this.#broker = broker
    this.#panel = panel
    const { name, formats: known, value } = panel.topic
    this.#serde = known[formats[name] ?? ''] ?? value
    this.#view = panel.open()
  }

  /** What there is to see now; reading goes on for a while after it. */
  show(): Promise<Panel> {
    const nowMs = performance.now()
    this.#wantedUntilMs = nowMs + WANTED_MS
    if (!this.#isClosed && this.#problem === null) this.#loop ??= this.#read()
    if (this.#shown === undefined || nowMs - this.#shown.atMs > REFRESH_MS) {
      this.#shown = { atMs: nowMs, panel: this.#make() }
    }
    return this.#shown.panel
  }

  /** Ends the reading; resolves when the broker is no longer used. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#loop
    await Promise.allSettled(this.#readers.map(({ reader }) => reader.close()))
    this.#readers = []
  }

  async #make(): Promise<Panel> {
    const behind = await this.#behind().catch(() => 0)
    return {
      title: this.#panel.title,
      topic: this.#panel.topic.name,
      rows: this.#rows,
      behind,
      unreadable: this.#unreadable,
      problem: this.#problem,
      sections: this.#view.sections(),
    }
  }

  async #behind(): Promise<number> {
    if (this.#readers.length === 0) return 0
    const marks = await this.#broker.watermarks(this.#readers.map(({ partition }) => partition))
    return this.#readers.reduce(
      (sum, { reader }, i) => sum + Math.max(0, (marks[i]?.end ?? 0) - reader.position),
      0,
    )
  }

  async #read(): Promise<void> {
    try {
      if (this.#readers.length === 0) await this.#open()
      while (!this.#isClosed && performance.now() < this.#wantedUntilMs) {
        let rows = 0
        for (const { partition, reader } of this.#readers) {
          const read = await this.#step(partition.partition, reader)
          rows += read
        }
        if (rows === 0) await sleep(IDLE_MS, undefined, { ref: false })
      }
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error)
    } finally {
      this.#loop = undefined
    }
  }

  async #step(partition: number, reader: StandaloneReader): Promise<number> {
    if (this.#isClosed) return 0
    const batch = await reader.read(READ_MS)
    if (batch === undefined) return 0
    const startMs = performance.now()
    this.#take(partition, batch)
    await sleep((performance.now() - startMs) * REST_FACTOR, undefined, { ref: false })
    return batch.count
  }

  #take(partition: number, batch: RecordBatch): void {
    for (let row = 0; row < batch.count; row++) {
      const bytes = valueOf(batch, row)
      this.#rows += 1
      if (bytes === null) continue
      try {
        this.#view.add(this.#serde.deserialize(bytes, 0, bytes.length), partition)
      } catch {
        this.#unreadable += 1
      }
    }
  }

  async #open(): Promise<void> {
    const { name } = this.#panel.topic
    const { partitions = 0 } =
      (await this.#broker.topics()).find((topic) => topic.name === name) ?? {}
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }))
    const marks = await this.#broker.watermarks(all)
    for (const [i, partition] of all.entries()) {
      const reader = await this.#broker.openReader({ ...partition, offset: marks[i]?.start ?? 0 })
      this.#readers.push({ partition, reader })
    }
  }
}
