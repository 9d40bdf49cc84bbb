// Partitions that workers read outside the group's assignment, to restore a store or to fill a global
// table: consumers of their own, connected when one is first needed.
import { placeOf, type TopicPartition, type TopicPartitionOffset } from '../ports.ts'
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

/** A consumer, and what is read of it: no partition twice. */
interface Lane {
  readonly places: Set<string>
  connected: Promise<Connected> | undefined
  /** Those that are not begun, in their order. */
  readonly changes: Changes[]
}

interface Change {
  readonly from: TopicPartitionOffset
  begin(intake: PartitionIntake): void
}

interface Changes {
  readonly kind: 'opening' | 'closing'
  readonly all: Change[]
}

/** Readers outside the group. A partition that another worker reads already comes from one more consumer. */
export class Beside {
  readonly #options: BesideOptions
  readonly #lanes: Lane[] = []
  #work: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(options: BesideOptions) {
    this.#options = options
  }

  /** Opens a reader; its rows come as soon as the consumer is there. */
  open(outlet: Outlet, from: TopicPartitionOffset): ReaderHandle {
    const lane = this.#laneFor(from)
    let reader: ReaderHandle | undefined
    let isOpen = true
    this.#change(lane, 'opening', {
      from,
      begin: (intake) => {
        intake.add(from)
        reader = intake.open(outlet, from)
      },
    })
    return {
      took: (bytes) => reader?.took(bytes),
      close: () => {
        if (!isOpen) return
        isOpen = false
        this.#change(lane, 'closing', { from, begin: () => undefined })
        // One change follows the other: who opens it now gets it from the same consumer.
        lane.places.delete(placeOf(from))
      },
    }
  }

  /** Ends all readers. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#work
    await Promise.all(
      this.#lanes.map(async (lane) => {
        const connected = await lane.connected?.catch(() => undefined)
        if (connected === undefined) return
        await connected.intake.stop()
        await disconnectConsumer(connected.consumer)
      }),
    )
  }

  #laneFor(from: TopicPartition): Lane {
    const place = placeOf(from)
    let lane = this.#lanes.find(({ places }) => !places.has(place))
    if (lane === undefined)
      this.#lanes.push((lane = { places: new Set(), connected: undefined, changes: [] }))
    lane.places.add(place)
    return lane
  }

  /** Changes of one kind that come while others are made are made together: each costs the client some time. */
  #change(lane: Lane, kind: Changes['kind'], change: Change): void {
    const last = lane.changes.at(-1)
    if (last?.kind === kind) {
      last.all.push(change)
      return
    }
    const changes: Changes = { kind, all: [change] }
    lane.changes.push(changes)
    this.#then(lane, async ({ intake, consumer }) => {
      lane.changes.splice(lane.changes.indexOf(changes), 1)
      const { all } = changes
      const places = all.map(({ from }) => from)
      if (kind === 'closing') return remove({ intake, consumer }, places)
      for (const { begin } of all) begin(intake)
      return intake.start(places, () => consumer.incrementalAssign(places))
    })
  }

  #then(lane: Lane, change: (connected: Connected) => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#closed) return
      try {
        lane.connected ??= this.#options.connect()
        await change(await lane.connected)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        this.#options.failed({ code: FINAL_CODE, message })
      }
    })
  }
}

// Without a reader that works the worker would wait for ever.
const FINAL_CODE = -150

async function remove(
  { consumer, intake }: Connected,
  places: readonly TopicPartition[],
): Promise<void> {
  const partitions = places
    .filter((place) => intake.has(place))
    .map(({ topic, partition }) => ({ topic, partition }))
  if (partitions.length === 0) return
  await intake.remove(partitions, () => consumer.incrementalUnassign(partitions))
}
