// A consumer's partitions whose rows the workers poll themselves. Here they are split from the consumer's
// own queue, and a reader is told when the consumer stands where it wants to read.
import type { KafkaAddon } from '../native/kafka-addon.ts'
import { placeOf, type TopicPartition, type TopicPartitionOffset } from '../ports.ts'
import { Pump } from './pump.ts'
import type { RdConsumer } from './rd-client.ts'
import type { Outlet, PartitionIntake, ReaderHandle } from './reading.ts'
import { seek } from './seek.ts'

/** What an intake needs from its owner. */
export interface NativeIntakeOptions {
  readonly consumer: RdConsumer
  readonly clientId: string
  readonly addon: KafkaAddon
  /** Whether a group assigns the partitions. */
  readonly inGroup: boolean
  failed(error: { readonly code: number; readonly message: string }): void
}

interface Place extends TopicPartition {
  /** Whether the client has it assigned: another reader must then seek. */
  active: boolean
  outlet: Outlet | undefined
}

/** The partitions of one consumer. Its pump serves callbacks and never gets a row. */
export class NativeIntake implements PartitionIntake {
  readonly #options: NativeIntakeOptions
  readonly #pump: Pump
  readonly #places = new Map<string, Place>()

  constructor(options: NativeIntakeOptions) {
    this.#options = options
    this.#pump = new Pump(options.consumer.getClient(), {
      rows: (messages) => this.#strayed(messages.length),
      ends: () => undefined,
      failed: options.failed,
    })
  }

  get isEmpty(): boolean {
    return this.#places.size === 0
  }

  has(of: TopicPartition): boolean {
    return this.#places.has(placeOf(of))
  }

  add({ topic, partition }: TopicPartition): void {
    const { addon, clientId } = this.#options
    addon.splitPartition(clientId, topic, partition)
    const place = { topic, partition, active: false, outlet: undefined }
    this.#places.set(placeOf(place), place)
  }

  open(outlet: Outlet, from: TopicPartitionOffset): ReaderHandle {
    const place = this.#places.get(placeOf(from))
    if (place === undefined) throw new Error(`${placeOf(from)} is not read by this consumer`)
    place.outlet = outlet
    if (place.active) void this.#pump.between(() => this.#seek(place, outlet, from.offset))
    else this.#tell(outlet)
    return {
      took: () => undefined,
      close: () => {
        if (place.outlet === outlet) place.outlet = undefined
      },
    }
  }

  async start(positions: readonly TopicPartitionOffset[], change: () => void): Promise<void> {
    await this.#pump.between(async () => {
      await this.#reassign(change)
      for (const position of positions) {
        const place = this.#places.get(placeOf(position))
        if (place !== undefined) place.active = true
      }
    })
  }

  async remove(partitions: readonly TopicPartition[], change: () => void): Promise<void> {
    await this.#pump.between(async () => {
      for (const partition of partitions) this.#places.delete(placeOf(partition))
      await this.#reassign(change)
    })
  }

  async pauseAll(): Promise<void> {
    await this.#pump.between(() => {
      const active = [...this.#places.values()].filter((place) => place.active)
      if (active.length === 0) return
      this.#options.consumer.pause(active.map(({ topic, partition }) => ({ topic, partition })))
    })
  }

  async stop(): Promise<void> {
    await this.#pump.stop()
  }

  // While a group rebalances librdkafka pauses what is kept, and `change` lets it go on where it believes
  // the readers to be. It is wrong about that where it was paused while marks of transactions were taken
  // from its queue (seen with 2.12): rows would be skipped. The readers know better.
  async #reassign(change: () => void): Promise<void> {
    const { addon, clientId, inGroup } = this.#options
    if (!inGroup) return change()
    const held = addon.holdReaders(clientId)
    change()
    await Promise.all(held.map((position) => this.#return(position)))
    addon.letReadersGo(clientId)
  }

  async #return(position: TopicPartitionOffset): Promise<void> {
    const place = this.#places.get(placeOf(position))
    if (place?.active !== true) return
    await seek(this.#options, position, () => this.#places.get(placeOf(place)) === place)
  }

  // Rows of the former position are the queue's until the client has sought, so the reader waits.
  async #seek(place: Place, outlet: Outlet, offset: number): Promise<void> {
    const isWanted = (): boolean =>
      place.outlet === outlet && this.#places.get(placeOf(place)) === place
    const { topic, partition } = place
    if (await seek(this.#options, { topic, partition, offset }, isWanted)) this.#tell(outlet)
  }

  #tell(outlet: Outlet): void {
    outlet.post({ kind: 'opened', reader: outlet.reader, client: this.#options.clientId })
  }

  // It would be lost without a word: nobody polls the consumer's own queue for rows.
  #strayed(count: number): void {
    if (count === 0) return
    const message = `${count} rows came to the main thread that belong to a worker`
    this.#options.failed({ code: FINAL_CODE, message })
  }
}

const FINAL_CODE = -150
