// What a group has at Kafka, without being in it: its members by the addon, its offsets by a consumer that
// subscribes to nothing. Kafka itself refuses the commit of such a one while the group has members.
import { groupActive, type GroupAdmin, type GroupMember } from '../group-admin.ts'
import type { KafkaAddon } from '../native/kafka-addon.ts'
import { BrokerError, placeOf } from '../ports.ts'
import type { TopicPartition, TopicPartitionOffset, TopicSpec } from '../ports.ts'
import { connectConsumer, disconnectConsumer, type ClientFactory } from './clients.ts'
import { Committer } from './committer.ts'
import { chooseDataPath } from './data-path.ts'
import { requestFailed } from './errors.ts'
import { askForMisfits } from './internal-topics.ts'
import { uniqueId } from './native-path.ts'
import { Pump } from './pump.ts'
import type { RdConsumer } from './rd-client.ts'
import { nativeConf } from './settings.ts'
import { plainRequests } from './offset-requests.ts'
import { storedOffsets } from './stored-offsets.ts'
import type { Topics } from './topics.ts'

const REQUEST_MS_MAX = 10_000

/** What only the addon can ask. */
interface Questions {
  readonly members: () => readonly GroupMember[] | undefined
  readonly misfits: (of: readonly TopicSpec[]) => Promise<readonly string[]>
}

/**
 * Connects to what a group has.
 * @throws BrokerError MILLRACE_BROKER_UNREACHABLE
 */
export async function openKafkaGroupAdmin(
  factory: ClientFactory,
  topics: Topics,
  applicationId: string,
): Promise<GroupAdmin> {
  const committer = new Committer()
  const choice = chooseDataPath(factory)
  const clientId = uniqueId(factory)
  const consumer = await connectConsumer(factory, applicationId, {
    offset_commit_cb: committer.heard,
    ...(choice.path === 'native' ? nativeConf(choice.addonPath, clientId) : {}),
  })
  const asks: Questions =
    choice.path === 'native'
      ? {
          members: () => membersOf(choice.addon, clientId, applicationId),
          misfits: (of) => askForMisfits(choice.addon, clientId, of),
        }
      : { members: () => undefined, misfits: () => Promise.resolve([]) }
  return new KafkaGroupAdmin(factory, topics, applicationId, consumer, committer, asks)
}

function membersOf(
  addon: KafkaAddon,
  clientId: string,
  group: string,
): readonly GroupMember[] | undefined {
  // One that was built before this was thought of has no such function.
  if (typeof addon.groupMembers !== 'function' || !addon.hasClient(clientId)) return undefined
  return addon
    .groupMembers(clientId, group, REQUEST_MS_MAX)
    .map(({ memberId, clientId: name, host }) => ({ memberId, where: `${name} on ${host}` }))
}

class KafkaGroupAdmin implements GroupAdmin {
  readonly #factory: ClientFactory
  readonly #topics: Topics
  readonly #applicationId: string
  readonly #consumer: RdConsumer
  readonly #committer: Committer
  readonly #asks: Questions
  /** The answers to commits come while the client consumes, be it nothing. */
  readonly #pump: Pump
  #closed: Promise<void> | undefined

  constructor(
    factory: ClientFactory,
    topics: Topics,
    applicationId: string,
    consumer: RdConsumer,
    committer: Committer,
    asks: Questions,
  ) {
    this.#factory = factory
    this.#topics = topics
    this.#applicationId = applicationId
    this.#consumer = consumer
    this.#committer = committer
    this.#asks = asks
    const nothing = (): void => undefined
    this.#pump = new Pump(consumer.getClient(), { rows: nothing, ends: nothing, failed: nothing })
  }

  members(): Promise<readonly GroupMember[] | undefined> {
    return new Promise((done) => {
      try {
        done(this.#asks.members())
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        const message = `could not ask ${this.#address} for the members of ${this.#applicationId}: ${reason}`
        throw new BrokerError('MILLRACE_BROKER', message, { cause, retriable: true })
      }
    })
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    const { bootstrapServers } = this.#factory.address
    const group = { applicationId: this.#applicationId, bootstrapServers }
    const stored = await storedOffsets(plainRequests(this.#consumer), group, partitions)
    return partitions.map((of) => stored.get(placeOf(of))?.offset)
  }

  async offsetsAt(
    partitions: readonly TopicPartition[],
    timestampMs: number,
  ): Promise<readonly number[]> {
    if (partitions.length === 0) return []
    const asked = partitions.map(({ topic, partition }) => ({
      ...{ topic, partition },
      offset: timestampMs,
    }))
    const found = await new Promise<readonly TopicPartitionOffset[]>((done, fail) => {
      this.#consumer.offsetsForTimes(asked, REQUEST_MS_MAX, (error, offsets) => {
        if (error === null || error === undefined) done(offsets)
        else fail(requestFailed('ask for the offsets of a time', this.#address, error))
      })
    })
    return Promise.all(
      partitions.map(async (of) => {
        const at = found.find((each) => each.topic === of.topic && each.partition === of.partition)
        if (at !== undefined && at.offset >= 0) return at.offset
        return (await this.#topics.watermarks(of)).end
      }),
    )
  }

  async claim(partitions: readonly TopicPartition[]): Promise<void> {
    const members = await this.members()
    if (members !== undefined && members.length > 0) throw this.#active(members)
    const committed = await this.committed(partitions)
    const asTheyAre = await Promise.all(
      partitions.map(async ({ topic, partition }, i) => {
        const offset = committed[i] ?? (await this.#topics.watermarks({ topic, partition })).start
        return { topic, partition, offset }
      }),
    )
    await this.setOffsets(asTheyAre)
  }

  async setOffsets(positions: readonly TopicPartitionOffset[]): Promise<void> {
    try {
      await this.#committer.commit(plainRequests(this.#consumer), positions)
    } catch (error) {
      throw this.#committer.lost ? this.#active(undefined) : error
    }
  }

  misfits(of: readonly TopicSpec[]): Promise<readonly string[]> {
    return this.#asks.misfits(of)
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#topics.delete(names)
  }

  close(): Promise<void> {
    this.#closed ??= this.#pump.stop().then(() => disconnectConsumer(this.#consumer))
    return this.#closed
  }

  get #address(): string {
    return this.#factory.address.bootstrapServers
  }

  #active(members: readonly GroupMember[] | undefined): BrokerError {
    return groupActive(this.#applicationId, members, { hasSessions: true })
  }
}
