// The group coordinator of the simulated broker: members by generation, static ones by their name, cooperative
// or eager rebalances, sessions that end. It knows nothing of transactions.
import { placeOf, type TopicPartition } from '../../broker/ports.ts'
import type { Life, Scheduler } from './scheduler.ts'

/** What the coordinator refuses a request with, after Kafka's errors. */
export type Refusal = 'unknown-member' | 'illegal-generation' | 'fenced-instance'

/** Thrown to the caller of a request, who hears it as its answer. */
export class Refused extends Error {
  readonly reason: Refusal | 'fenced-producer' | 'transaction-over'

  constructor(reason: Refused['reason']) {
    super(reason)
    this.reason = reason
  }
}

/** Who asks. */
export interface Membership {
  readonly memberId: string
  readonly generation: number
}

export interface JoinRequest {
  /** Undefined for one that is new. */
  readonly memberId: string | undefined
  /** Set where it has given something up in this generation, which others are waiting for. */
  readonly gaveUpIn: number | undefined
  readonly instanceId: string
  readonly owned: readonly TopicPartition[]
  readonly topics: readonly string[]
  /** Whether partitions of one number stay together, and all are given up first. */
  readonly isCoPartitioned: boolean
}

export interface JoinAnswer extends Membership {
  /** Undefined while others are waited for. */
  readonly assigned: readonly TopicPartition[] | undefined
}

interface Member {
  id: string
  readonly instanceId: string
  seenMs: number
  hasJoined: boolean
  owned: readonly string[]
  assigned: readonly string[]
  topics: readonly string[]
}

export interface CoordinatorOptions {
  readonly scheduler: Scheduler
  readonly life: Life
  readonly sessionMs: number
  readonly rebalanceMs: number
  readonly partitionsOf: (topic: string) => number
}

const SWEEP_MS = 200

const partitionOf = (name: string): TopicPartition => {
  const at = name.lastIndexOf('/')
  return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)) }
}

/** One group. */
export class Coordinator {
  generation = 0
  readonly #options: CoordinatorOptions
  readonly #members = new Map<string, Member>()
  readonly #fenced = new Set<string>()
  #ids = 0
  /** When the rebalance under way began. */
  #rebalancingSinceMs: number | undefined
  #isCoPartitioned = false

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.#sweep()
  }

  /** Joins, or asks again whether the round is over. @throws Refused */
  join(request: JoinRequest): JoinAnswer {
    this.#isCoPartitioned = request.isCoPartitioned
    const owned = request.owned.map(placeOf)
    if (request.memberId === undefined) return this.#admit(request)
    const member = this.#known(request.memberId)
    this.#seen(member)
    const isRound = this.#rebalancingSinceMs !== undefined
    if (isRound && !member.hasJoined) {
      member.hasJoined = true
      member.owned = owned
      this.#completeIfAll()
    } else if (!isRound && request.gaveUpIn === this.generation) {
      member.owned = owned
      this.#rebalance('gave partitions up')
      member.hasJoined = true
      this.#completeIfAll()
    }
    return this.#answer(member)
  }

  /** @returns whether it must join anew. @throws Refused */
  heartbeat({ memberId, generation }: Membership): boolean {
    const member = this.#known(memberId)
    this.#seen(member)
    return this.#rebalancingSinceMs !== undefined || generation !== this.generation
  }

  /** @throws Refused when the member may not commit. */
  check({ memberId, generation }: Membership): void {
    const member = this.#known(memberId)
    if (generation !== this.generation) throw new Refused('illegal-generation')
    this.#seen(member)
  }

  leave(memberId: string): void {
    const member = this.#members.get(memberId)
    if (member !== undefined) this.#remove(member, 'left')
  }

  /** The name of the instance behind a member, as long as it is one. */
  instanceOf(memberId: string): string {
    return this.#members.get(memberId)?.instanceId ?? memberId
  }

  #admit({ instanceId, topics }: JoinRequest): JoinAnswer {
    const former = [...this.#members.values()].find((each) => each.instanceId === instanceId)
    this.#ids += 1
    const id = `${instanceId}#${this.#ids}`
    if (former !== undefined) {
      // Who comes back under its name has what it had: the others hear nothing of it (KIP-345).
      this.#members.delete(former.id)
      this.#fenced.add(former.id)
      former.id = id
      former.topics = topics
      this.#members.set(id, former)
      this.#seen(former)
      // What it had not given up yet it does not have any more.
      if (this.#isSomeoneWaiting) this.#rebalance(`${id} is back`)
      former.owned = []
      former.hasJoined = true
      this.#completeIfAll()
      return this.#answer(former)
    }
    const member: Member = {
      id,
      instanceId,
      seenMs: this.#options.scheduler.nowMs,
      hasJoined: false,
      owned: [],
      assigned: [],
      topics,
    }
    this.#members.set(id, member)
    this.#rebalance(`${id} joins`)
    member.hasJoined = true
    this.#completeIfAll()
    return this.#answer(member)
  }

  /** Whether partitions are nobody's, because one is still to give them up. */
  get #isSomeoneWaiting(): boolean {
    const members = [...this.#members.values()]
    const assigned = members.reduce((sum, member) => sum + member.assigned.length, 0)
    return assigned < this.#units(members).flat().length
  }

  #answer(member: Member): JoinAnswer {
    const isOver = this.#rebalancingSinceMs === undefined
    const assigned = isOver ? member.assigned.map(partitionOf) : undefined
    return { memberId: member.id, generation: this.generation, assigned }
  }

  #known(memberId: string): Member {
    if (this.#fenced.has(memberId)) throw new Refused('fenced-instance')
    const member = this.#members.get(memberId)
    if (member === undefined) throw new Refused('unknown-member')
    return member
  }

  #seen(member: Member): void {
    member.seenMs = this.#options.scheduler.nowMs
  }

  #remove(member: Member, why: string): void {
    this.#members.delete(member.id)
    if (this.#members.size === 0) this.#rebalancingSinceMs = undefined
    else this.#rebalance(`${member.id} ${why}`)
    this.#completeIfAll()
  }

  #rebalance(why: string): void {
    if (this.#rebalancingSinceMs !== undefined) return
    this.#options.scheduler.note(`group  rebalances: ${why}`)
    this.#rebalancingSinceMs = this.#options.scheduler.nowMs
    for (const member of this.#members.values()) member.hasJoined = false
  }

  #completeIfAll(): void {
    const members = [...this.#members.values()]
    if (this.#rebalancingSinceMs === undefined || members.some((each) => !each.hasJoined)) return
    this.#rebalancingSinceMs = undefined
    this.generation += 1
    const shares = sharesOf(members, this.#units(members))
    const owners = new Map(members.flatMap((each) => each.owned.map((name) => [name, each])))
    for (const member of members) {
      // What another one still has comes with the round after it has given it up.
      member.assigned = shares
        .get(member)!
        .flat()
        .filter((name) => (owners.get(name) ?? member) === member)
    }
    const told = members.map(({ id, assigned }) => `${id}: ${assigned.join(' ')}`)
    this.#options.scheduler.note(`group  generation ${this.generation}: ${told.join('; ')}`)
  }

  #units(members: readonly Member[]): string[][] {
    const topics = [...new Set(members.flatMap((each) => each.topics))].sort()
    const names = topics.flatMap((topic) =>
      Array.from({ length: this.#options.partitionsOf(topic) }, (_, partition) =>
        placeOf({ topic, partition }),
      ),
    )
    if (!this.#isCoPartitioned) return names.map((name) => [name])
    const together = new Map<number, string[]>()
    for (const name of names) {
      const { partition } = partitionOf(name)
      together.set(partition, [...(together.get(partition) ?? []), name])
    }
    return [...together.values()]
  }

  #sweep(): void {
    const { scheduler, life, sessionMs, rebalanceMs } = this.#options
    scheduler.after(SWEEP_MS, life, 'sweeps the group', () => {
      const since = this.#rebalancingSinceMs
      for (const member of [...this.#members.values()]) {
        const isLate =
          since !== undefined && !member.hasJoined && scheduler.nowMs - since > rebalanceMs
        if (isLate || scheduler.nowMs - member.seenMs > sessionMs) this.#remove(member, 'is gone')
      }
      this.#sweep()
    })
  }
}

/** Equal shares, by which as few as possible change hands. */
function sharesOf(members: readonly Member[], units: readonly string[][]): Map<Member, string[][]> {
  const shares = new Map(members.map((member) => [member, [] as string[][]]))
  const most = Math.ceil(units.length / members.length)
  const free: string[][] = []
  for (const unit of units) {
    const owner = members.find(({ owned }) => unit.some((name) => owned.includes(name)))
    const share = owner === undefined ? undefined : shares.get(owner)!
    if (share === undefined || share.length >= most) free.push(unit)
    else share.push(unit)
  }
  const bySize = (): string[][][] => [...shares.values()].sort((a, b) => a.length - b.length)
  for (const unit of free) bySize()[0]!.push(unit)
  for (;;) {
    const sorted = bySize()
    if (sorted.at(-1)!.length - sorted[0]!.length < 2) return shares
    sorted[0]!.push(sorted.at(-1)!.pop()!)
  }
}
