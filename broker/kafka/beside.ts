// Partitions that workers read outside the group's assignment, to restore a store or to fill a global
// table: a consumer of its own, connected when the first is opened.
import type { TopicPartition, TopicPartitionOffset } from '../ports.ts'
import { disconnectConsumer } from './clients.ts'
import type { RdConsumer } from './rd-client.ts'
import type { Outlet, PartitionIntake, ReaderHandle } from './reading.ts'

/** A consumer outside the group, and its partitions. */
export interface Connected {
  readonly consumer: RdConsumer
  readonly intake: PartitionIntake
}

/** What the owner hears and answers. */
export interface BesideOptions {
  /** The end of a partition must be told exactly: a restore must neither stop early nor wait. */
  connect(): Promise<Connected>
  failed(error: { readonly code: number; readonly message: string }): void
}

/** Readers outside the group. */
export class Beside {
  readonly #options: BesideOptions
  #connected: Promise<Connected> | undefined
  readonly #current = new Map<string, ReaderHandle>()
  #work: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: BesideOptions) {
    this.#options = options
  }

  /** Opens a reader; its rows come as soon as the consumer is there. */
  open(outlet: Outlet, from: TopicPartitionOffset): ReaderHandle {
    const place = `${from.topic}/${from.partition}`
    let reader: ReaderHandle | undefined
    this.#then(async (connected) => {
      const { intake, consumer } = connected
      await remove(connected, from)
      intake.add(from)
      reader = intake.open(outlet, from)
      this.#current.set(place, reader)
      await intake.start([from], () => consumer.incrementalAssign([from]))
    })
    return {
      took: (bytes) => reader?.took(bytes),
      close: () =>
        this.#then(async (connected) => {
          if (reader === undefined || this.#current.get(place) !== reader) return
          this.#current.delete(place)
          await remove(connected, from)
        }),
    }
  }

  /** Ends all readers. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#work
    const connected = await this.#connected?.catch(() => undefined)
    if (connected === undefined) return
    await connected.intake.stop()
    await disconnectConsumer(connected.consumer)
  }

  #then(change: (connected: Connected) => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#closed) return
      try {
        this.#connected ??= this.#options.connect()
        await change(await this.#connected)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        this.#options.failed({ code: FINAL_CODE, message })
      }
    })
  }
}

// Without a reader that works the worker would wait for ever.
const FINAL_CODE = -150

async function remove({ consumer, intake }: Connected, from: TopicPartition): Promise<void> {
  if (!intake.has(from)) return
  const partitions = [{ topic: from.topic, partition: from.partition }]
  await intake.remove(partitions, () => consumer.incrementalUnassign(partitions))
}
