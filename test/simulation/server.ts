// The simulated broker as its clients' requests find it: logs, offsets, one group, transactions with their
// coordinator. Requests may come twice. It tells the invariants of each commit.
import { placeOf, type TopicPartition, type TopicPartitionOffset } from '../../broker/ports.ts'
import { Coordinator, Refused, type Membership } from './coordinator.ts'
import { Partitions, type Transaction } from './partitions.ts'
import { Life, type Scheduler } from './scheduler.ts'

/** What is told of a commit that the broker took. */
export interface AcceptedCommit extends Membership {
  readonly instanceId: string
  readonly offsets: readonly TopicPartitionOffset[]
}

interface OpenTransaction extends Transaction {
  readonly sinceMs: number
  readonly partitions: Map<string, TopicPartition>
  offsets: AcceptedCommit[]
  /** Markers that are still to be written. */
  waiting: number
}

interface Transactional {
  epoch: number
  current: OpenTransaction | undefined
}

export interface ServerOptions {
  readonly scheduler: Scheduler
  readonly sessionMs: number
  readonly rebalanceMs: number
  readonly transactionMs: number
  readonly onCommit: (commit: AcceptedCommit) => void
}

const SWEEP_MS = 250
const MARKER_MS_MAX = 80

/** The broker of one run. */
export class Server {
  readonly life = new Life('broker')
  readonly partitions = new Partitions()
  readonly group: Coordinator
  readonly #options: ServerOptions
  readonly #offsets = new Map<string, number>()
  readonly #transactional = new Map<string, Transactional>()

  constructor(options: ServerOptions) {
    this.#options = options
    const { scheduler } = options
    const partitionsOf = (topic: string): number => this.partitions.topics.get(topic) ?? 0
    this.group = new Coordinator({ ...options, life: this.life, partitionsOf })
    this.#sweep(scheduler)
  }

  /** Committed offsets; undefined while those of a transaction that is not over yet may change them. */
  fetchOffsets(of: readonly TopicPartition[]): Map<string, number> | undefined {
    const names = of.map(placeOf)
    const pending = [...this.#transactional.values()].flatMap(({ current }) =>
      (current?.offsets ?? []).flatMap(({ offsets }) => offsets.map(placeOf)),
    )
    if (names.some((name) => pending.includes(name))) return undefined
    const known = names.filter((name) => this.#offsets.has(name))
    return new Map(known.map((name) => [name, this.#offsets.get(name)!]))
  }

  committedOf(of: TopicPartition): number {
    return this.#offsets.get(placeOf(of)) ?? 0
  }

  /** @throws Refused */
  commitOffsets(membership: Membership, offsets: readonly TopicPartitionOffset[]): void {
    this.group.check(membership)
    const instanceId = this.group.instanceOf(membership.memberId)
    this.#take({ ...membership, instanceId, offsets })
  }

  /** Ends what was open under this id. @returns its epoch, undefined while markers are being written. */
  initProducer(id: string): number | undefined {
    const known = this.#transactional.get(id) ?? { epoch: 0, current: undefined }
    this.#transactional.set(id, known)
    if (known.current?.state === 'open') {
      known.epoch += 1
      this.#end(known, 'aborted')
    }
    if (known.current !== undefined) return undefined
    known.epoch += 1
    return known.epoch
  }

  /** Appends rows, in a transaction where there is a producer. @throws Refused */
  produce(
    to: TopicPartition,
    packed: ArrayBuffer,
    producer?: { readonly id: string; readonly epoch: number },
  ): void {
    if (producer === undefined) return this.partitions.append(to, packed)
    const transaction = this.#current(producer.id, producer.epoch)
    transaction.partitions.set(placeOf(to), to)
    this.partitions.append(to, packed, transaction)
  }

  /** Makes offsets part of the transaction. @throws Refused */
  sendOffsets(
    id: string,
    epoch: number,
    membership: Membership,
    offsets: readonly TopicPartitionOffset[],
  ): void {
    const transaction = this.#current(id, epoch)
    this.group.check(membership)
    const instanceId = this.group.instanceOf(membership.memberId)
    transaction.offsets.push({ ...membership, instanceId, offsets })
  }

  /** @returns whether it has ended; else ask again. @throws Refused */
  endTransaction(id: string, epoch: number, how: 'committed' | 'aborted'): boolean {
    const known = this.#producer(id, epoch)
    if (known.current?.state === 'open') this.#end(known, how)
    return known.current === undefined
  }

  #producer(id: string, epoch: number): Transactional {
    const known = this.#transactional.get(id)
    if (known?.epoch !== epoch) throw new Refused('fenced-producer')
    return known
  }

  #current(id: string, epoch: number): OpenTransaction {
    const known = this.#producer(id, epoch)
    // What comes while it ends would never have a marker.
    if (known.current !== undefined && known.current.state !== 'open') {
      throw new Refused('transaction-over')
    }
    known.current ??= {
      state: 'open',
      sinceMs: this.#options.scheduler.nowMs,
      partitions: new Map(),
      offsets: [],
      waiting: 0,
    }
    return known.current
  }

  /** Decides on a transaction; its markers follow, one by one. */
  #end(known: Transactional, how: 'committed' | 'aborted'): void {
    const { scheduler } = this.#options
    const transaction = known.current!
    transaction.state = how
    if (how === 'aborted') transaction.offsets = []
    const marks = [...transaction.partitions.values()].map(
      (of) => () => this.partitions.mark(of, transaction),
    )
    const materialize = (): void => transaction.offsets.forEach((commit) => this.#take(commit))
    const steps = [...marks, materialize]
    transaction.waiting = steps.length
    for (const step of steps) {
      scheduler.after(scheduler.random.below(MARKER_MS_MAX), this.life, `${how} marker`, () => {
        step()
        transaction.waiting -= 1
        if (transaction.waiting === 0) known.current = undefined
      })
    }
  }

  #take(commit: AcceptedCommit): void {
    for (const at of commit.offsets) this.#offsets.set(placeOf(at), at.offset)
    const told = commit.offsets.map((at) => `${placeOf(at)}@${at.offset}`).join(' ')
    this.#options.scheduler.note(`broker  committed by ${commit.memberId}: ${told}`)
    this.#options.onCommit(commit)
  }

  #sweep(scheduler: Scheduler): void {
    scheduler.after(SWEEP_MS, this.life, 'sweeps transactions', () => {
      for (const [id, known] of this.#transactional) {
        const { current } = known
        if (current?.state !== 'open') continue
        if (scheduler.nowMs - current.sinceMs <= this.#options.transactionMs) continue
        scheduler.note(`broker  ends the transaction of ${id}: it took too long`)
        known.epoch += 1
        this.#end(known, 'aborted')
      }
      this.#sweep(scheduler)
    })
  }
}
