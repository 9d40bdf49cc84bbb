// A member of a group for the contract suite: it reads all that it is assigned on a data port of
// this thread, and commits in the order the runtime does.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  Broker,
  ChannelSpec,
  DataPort,
  Group,
  PartitionReader,
  TopicPartition,
  TopicPartitionOffset,
} from '../../broker/ports.ts'
import { numbered, until } from './records.ts'

/** One connection to the place under test. */
export interface ContractSession {
  readonly broker: Broker
  readonly openDataPort: (spec: ChannelSpec) => DataPort
  /** Whether what workers write goes through a client that takes header values for text. */
  readonly headersAreText?: boolean
  /** Closes the broker if the test did not, and cleans up what this session alone holds. */
  close(): Promise<void>
}

/** Connects anew, always to the same place: what one session committed the next one sees. */
export type OpenSession = () => Promise<ContractSession>

/** A member that reads all that it is assigned on a data port in this thread. */
export class Member {
  readonly group: Group
  readonly port: DataPort
  readonly readers = new Map<string, PartitionReader>()
  readonly #stateDir: string

  static async join(
    { broker, openDataPort }: ContractSession,
    applicationId: string,
    topics: readonly string[],
    partitions: number,
  ): Promise<Member> {
    const stateDir = mkdtempSync(join(tmpdir(), 'millrace-contract-'))
    const group = await broker.openGroup({ applicationId, stateDir })
    const member = new Member(group, openDataPort(group.openChannel(0)), stateDir)
    await group.join(topics, {
      onAssigned: (assigned) => member.#assign(assigned),
      onRevoked: (revoked) => member.#close(revoked),
      onLost: (lost) => member.#close(lost),
      onFailed: (error) => {
        throw error
      },
    })
    await until(`${partitions} partitions assigned`, () => member.readers.size === partitions)
    return member
  }

  private constructor(group: Group, port: DataPort, stateDir: string) {
    this.group = group
    this.port = port
    this.#stateDir = stateDir
  }

  reader(topic: string, partition: number): PartitionReader {
    const reader = this.readers.get(`${topic}/${partition}`)
    if (reader === undefined) throw new Error(`${topic}/${partition} is not assigned`)
    return reader
  }

  /** What the runtime does with each commit: the port first, then the group. */
  async commit(positions: readonly TopicPartitionOffset[], write?: () => void): Promise<void> {
    this.port.commit(write ?? (() => undefined))
    await this.group.commit(positions)
  }

  async leave(): Promise<void> {
    for (const reader of this.readers.values()) reader.close()
    this.readers.clear()
    await this.group.leave()
    this.port.close()
    rmSync(this.#stateDir, { recursive: true, force: true })
  }

  async #assign(assigned: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    const positions = await this.group.committed(assigned)
    for (const from of positions) {
      this.readers.set(`${from.topic}/${from.partition}`, this.port.openReader(from))
    }
    return positions
  }

  #close(taken: readonly TopicPartition[]): Promise<void> {
    for (const { topic, partition } of taken) {
      this.readers.get(`${topic}/${partition}`)?.close()
      this.readers.delete(`${topic}/${partition}`)
    }
    return Promise.resolve()
  }
}

/** A name that no other test has. */
export const fresh = (what: string): string => `${what}-${randomUUID().slice(0, 8)}`

/** A new topic, and its name. */
export async function withTopic(broker: Broker, partitions = 1): Promise<string> {
  const name = fresh('topic')
  await broker.ensureTopics([{ name, partitions }])
  return name
}

/** Sends `count` numbered rows and waits until they are delivered. */
export async function send(broker: Broker, target: TopicPartition, count: number): Promise<void> {
  const producer = await broker.openProducer()
  await producer.send(target, numbered(count))
  await producer.flush()
  await producer.close()
}
