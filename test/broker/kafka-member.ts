// A member that reads as the runtime does: polls on its own pace, commits its positions, hands over
// what is taken away. For the tests of the Kafka broker's group.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKafkaBroker, type KafkaBrokerOptions } from '../../broker/kafka.ts'
import { openNativeDataPort } from '../../broker/kafka/native-data-port.ts'
import { openPlainDataPort } from '../../broker/kafka/plain-data-port.ts'
import { loadAddon } from '../../broker/native/addon.ts'
import type {
  Broker,
  BrokerError,
  ChannelSpec,
  DataPort,
  Group,
  GroupOptions,
  PartitionReader,
  TopicPartition,
  TopicPartitionOffset,
} from '../../broker/ports.ts'
import { sharedKafka } from '../support/kafka.ts'

/** Connects to the Kafka of this test run. */
export async function connect(options: Partial<KafkaBrokerOptions> = {}): Promise<Broker> {
  const { bootstrapServers } = await sharedKafka()
  return openKafkaBroker({ bootstrapServers, clientId: 'test', ...options })
}

/** The ways to the workers that can be had here: without a compiler there is no addon. */
export const DATA_PATHS: readonly ('native' | 'plain')[] =
  loadAddon().addon === undefined ? ['plain'] : ['native', 'plain']

/** The worker's side of a group's channel, in this thread. */
export function openChannel(group: Group, worker = 0): DataPort {
  return openKafkaDataPort(group.openChannel(worker))
}

/** The data port of either path. */
export function openKafkaDataPort(spec: ChannelSpec): DataPort {
  if (spec.kind === 'kafka-native') return openNativeDataPort(spec)
  if (spec.kind === 'kafka-plain') return openPlainDataPort(spec)
  throw new Error(`not a channel of Kafka: ${spec.kind}`)
}

/** A directory that `use` may fill; it is removed afterwards. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-test-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** A row that a member was given. */
export interface SeenRow {
  readonly partition: number
  readonly offset: number
}

/** Reads all that it is assigned, and notes what happens. */
export class ReadingMember {
  readonly rows: SeenRow[] = []
  readonly events: string[] = []
  readonly broker: Broker
  readonly group: Group
  readonly port: DataPort
  readonly readers = new Map<number, PartitionReader>()
  failure: BrokerError | undefined
  /** Set to keep the rows waiting. */
  idle = false
  readonly #sealed = new Set<number>()
  readonly #polling: NodeJS.Timeout

  static async join(
    applicationId: string,
    topic: string,
    options: Partial<KafkaBrokerOptions> = {},
    named: Pick<GroupOptions, 'instanceId'> = {},
  ): Promise<ReadingMember> {
    const broker = await connect(options)
    const group = await broker.openGroup({ applicationId, stateDir: tmpdir(), ...named })
    const member = new ReadingMember(broker, group)
    await group.join([topic], {
      onAssigned: (partitions) => member.#assigned(partitions),
      onRevoked: (partitions) => member.#revoked(partitions),
      onLost: (partitions) => Promise.resolve(member.#close('lost', partitions)),
      onFailed: (error) => (member.failure = error),
    })
    return member
  }

  private constructor(broker: Broker, group: Group) {
    this.broker = broker
    this.group = group
    this.port = openChannel(group)
    this.#polling = setInterval(() => this.#poll(), 1)
  }

  /** Commits what was read of the partitions, or of all. */
  async commit(partitions = [...this.readers.keys()]): Promise<void> {
    const positions = partitions.flatMap((partition) => {
      const reader = this.readers.get(partition)
      return reader === undefined
        ? []
        : [{ topic: reader.topic, partition, offset: reader.position }]
    })
    await this.group.commit(positions)
  }

  /** Seals, commits and leaves as the runtime does. */
  async leave(): Promise<void> {
    clearInterval(this.#polling)
    await this.commit()
    this.readers.clear()
    await this.group.leave()
    this.port.close()
    await this.broker.close()
  }

  /** Goes away without a commit. */
  async abandon(): Promise<void> {
    clearInterval(this.#polling)
    await this.broker.close()
    this.port.close()
  }

  async #assigned(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    this.events.push(`assigned ${numbersOf(partitions)}`)
    const positions = await this.group.committed(partitions)
    for (const from of positions) this.readers.set(from.partition, this.port.openReader(from))
    return positions
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const numbers = partitions.map(({ partition }) => partition)
    for (const number of numbers) this.#sealed.add(number)
    await this.commit(numbers)
    this.#close('revoked', partitions)
    for (const number of numbers) this.#sealed.delete(number)
  }

  #close(how: string, partitions: readonly TopicPartition[]): void {
    this.events.push(`${how} ${numbersOf(partitions)}`)
    for (const { partition } of partitions) {
      this.readers.get(partition)?.close()
      this.readers.delete(partition)
    }
  }

  #poll(): void {
    if (this.idle) return
    for (const [partition, reader] of this.readers) {
      if (this.#sealed.has(partition)) continue
      const batch = reader.poll()
      for (const offset of batch?.offsets ?? []) this.rows.push({ partition, offset })
    }
  }
}

const numbersOf = (partitions: readonly TopicPartition[]): string =>
  partitions
    .map(({ partition }) => partition)
    .sort((a, b) => a - b)
    .join()
