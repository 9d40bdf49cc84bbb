// The topics of a log by name. A topic never changes between being made and being deleted, so each thread
// remembers it.
import { distance } from 'fastest-levenshtein'
import type { Table } from '../lmdb.ts'
import { BrokerError, type TopicPartition, type TopicSpec } from '../ports.ts'

/** A topic as it lies in the log. */
export interface Topic {
  readonly name: string
  /** Stable, and never used again. */
  readonly id: number
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
  /** Whether what its application has committed as read is deleted. */
  readonly isInternal: boolean
}

const NAMES_SHOWN_MAX = 3
const HIGHEST_ID = Buffer.from('highest-topic')

export class TopicTable {
  readonly #table: Table
  readonly #meta: Table
  readonly #known = new Map<string, Topic>()

  constructor(table: Table, meta: Table) {
    this.#table = table
    this.#meta = meta
  }

  /** All topics, by name. */
  all(): Topic[] {
    return [...this.#table.getRange()].map(({ value }) => topicOf(value))
  }

  find(name: string): Topic | undefined {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const value = this.#table.get(Buffer.from(name))
    if (value === undefined) return undefined
    const topic = topicOf(value)
    this.#known.set(name, topic)
    return topic
  }

  /** @throws BrokerError MILLRACE_TOPIC_MISSING, for a partition that the topic does not have too. */
  get({ topic: name, partition }: TopicPartition): Topic {
    const topic = this.find(name)
    if (topic === undefined) throw missing(name, this.all())
    if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) {
      const text = `Topic ${name} has the partitions 0 to ${topic.partitions - 1}, not ${partition}`
      throw new BrokerError('MILLRACE_TOPIC_MISSING', text)
    }
    return topic
  }

  /**
   * Makes a topic, or checks the one that is there. Call it in a transaction.
   * @throws BrokerError MILLRACE_TOPIC_MISMATCH
   */
  ensure({ name, partitions, config = {}, isInternal = false }: TopicSpec): void {
    const there = this.find(name)
    if (there === undefined) {
      const id = this.#highestId() + 1
      const topic: Topic = { name, id, partitions, config, isInternal }
      this.#table.putSync(Buffer.from(name), Buffer.from(JSON.stringify(topic)))
    } else if (there.partitions !== partitions) {
      const text =
        `Topic ${name} has ${there.partitions} partitions, not ${partitions}: ask for that many, ` +
        `or delete the log to start anew`
      throw new BrokerError('MILLRACE_TOPIC_MISMATCH', text)
    }
  }

  /** Takes a topic out; its batches must be gone. Call it in a transaction. */
  remove(name: string): void {
    this.#meta.putSync(HIGHEST_ID, Buffer.from(`${this.#highestId()}`))
    this.#table.removeSync(Buffer.from(name))
    this.#known.delete(name)
  }

  /** Of all that there ever were: what remembers the id of a deleted one must not find another. */
  #highestId(): number {
    const deleted = Number(this.#meta.get(HIGHEST_ID)?.toString() ?? 0)
    return this.all().reduce((highest, topic) => Math.max(highest, topic.id), deleted)
  }

  /** Forgets what this thread remembers, for the making of a topic may have been undone. */
  forget(): void {
    this.#known.clear()
  }
}

function topicOf(value: Buffer): Topic {
  return JSON.parse(value.toString()) as Topic
}

function missing(name: string, topics: readonly Topic[]): BrokerError {
  const near = topics
    .map((topic) => ({ name: topic.name, far: distance(name, topic.name) }))
    .filter(({ far }) => far <= Math.max(3, name.length / 2))
    .sort((a, b) => a.far - b.far)
    .slice(0, NAMES_SHOWN_MAX)
    .map((topic) => topic.name)
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'create it first'
  return new BrokerError('MILLRACE_TOPIC_MISSING', `There is no topic ${name}: ${hint}`)
}
