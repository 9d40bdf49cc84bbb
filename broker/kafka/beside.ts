// Partitions that workers read outside the group's assignment, to restore a store or to fill a global
// table: a consumer of its own, connected when the first is opened.
import type { TopicPartition, TopicPartitionOffset, Watermarks } from '../ports.ts'
import type { ReaderHandle } from './channel.ts'
import { connectConsumer, disconnectConsumer, type ClientFactory } from './clients.ts'
import type { Feed, Outlet } from './feed.ts'
import { Intake } from './intake.ts'
import type { RdConsumer } from './rd-client.ts'

/** What the owner hears and answers. */
export interface BesideOptions {
  readonly factory: ClientFactory
  watermarks(of: TopicPartition): Promise<Watermarks>
  failed(error: { readonly code: number; readonly message: string }): void
}

interface Connected {
  readonly consumer: RdConsumer
  readonly intake: Intake
}

/** Readers outside the group. */
export class Beside {
  readonly #options: BesideOptions
  #connected: Promise<Connected> | undefined
  #work: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: BesideOptions) {
    this.#options = options
  }

  /** Opens a reader; its rows come as soon as the consumer is there. */
  open(outlet: Outlet, from: TopicPartitionOffset): ReaderHandle {
    let feed: Feed | undefined
    let intake: Intake | undefined
    this.#then(async (connected) => {
      intake = connected.intake
      await remove(connected, from)
      feed = intake.add(from)
      await intake.connect(feed, outlet, from.offset)
      await intake.start([from], () => connected.consumer.incrementalAssign([from]))
    })
    return {
      took: (bytes) => {
        if (feed !== undefined) intake?.took(feed, bytes)
      },
      close: () =>
        this.#then(async (connected) => {
          const current = connected.intake.feed(from.topic, from.partition)
          if (current !== undefined && current === feed) await remove(connected, from)
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
        this.#connected ??= this.#connect()
        await change(await this.#connected)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        this.#options.failed({ code: FINAL_CODE, message })
      }
    })
  }

  async #connect(): Promise<Connected> {
    const { factory, watermarks, failed } = this.#options
    const name = `${factory.address.clientId}-beside`
    // The end is told exactly: a restore must not stop early, nor wait for control records.
    const consumer = await connectConsumer(factory, name, { 'enable.partition.eof': 'true' })
    return { consumer, intake: new Intake({ consumer, watermarks, failed }) }
  }
}

// Without a reader that works the worker would wait for ever.
const FINAL_CODE = -150

async function remove({ consumer, intake }: Connected, from: TopicPartition): Promise<void> {
  if (intake.feed(from.topic, from.partition) === undefined) return
  const partitions = [{ topic: from.topic, partition: from.partition }]
  await intake.remove(partitions, () => consumer.incrementalUnassign(partitions))
}
