// What must be so in every run, whatever happened in it.
import { keyOf, valueOf } from '../../broker/record-batch.ts'
import { Partitions } from './partitions.ts'
import type { AcceptedCommit } from './server.ts'
import { RESULTS, type Input, type Shape } from './shapes.ts'

/** A promise that was broken, a sentence. */
export type Broken = string

const textOf = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString()

/** Checks the broker of one run. */
export class Invariants {
  readonly broken: Broken[] = []
  readonly #shape: Shape
  readonly #isExact: boolean
  readonly #partitions: Partitions
  /** Who has committed, by generation and partition. */
  readonly #owners = new Map<string, string>()

  constructor(shape: Shape, isExact: boolean, partitions: Partitions) {
    this.#shape = shape
    this.#isExact = isExact
    this.#partitions = partitions
  }

  /** At each commit that the broker takes: one owner, and no offset ahead of its results. */
  committed({ generation, instanceId, offsets }: AcceptedCommit): void {
    for (const { topic, partition } of offsets) {
      const place = `${topic}/${partition} in generation ${generation}`
      const owner = this.#owners.get(place) ?? instanceId
      this.#owners.set(place, owner)
      if (owner !== instanceId) this.#break(`${owner} and ${instanceId} committed for ${place}`)
    }
    if (this.#shape.name !== 'forward') return
    const written = new Set([...this.#results().values()].flat())
    for (const { topic, partition, offset } of offsets) {
      for (const batch of this.#partitions.rowsOf({ topic, partition })) {
        for (let row = 0; row < batch.count && batch.offsets[row]! < offset; row++) {
          const number = textOf(valueOf(batch, row)).split(':')[0]!
          if (written.has(number)) continue
          this.#break(`offset ${offset} of ${topic}/${partition} is ahead of result ${number}`)
        }
      }
    }
  }

  /** At the end: each input is in the results of its key, and with exactly once no oftener than once. */
  ended(inputs: readonly Input[]): void {
    const results = this.#results()
    for (const [key, numbers] of this.#shape.expected(inputs)) {
      const updates = results.get(key) ?? []
      const there = this.#shape.isTable ? this.#tableOf(updates).split(',') : updates
      const left = new Map<string, number>()
      for (const number of there) left.set(number, (left.get(number) ?? 0) + 1)
      for (const number of numbers.map(String)) {
        const times = left.get(number) ?? 0
        if (times === 0) this.#break(`input ${number} is not in the results of ${key}`)
        if (times > 1 && this.#isExact) this.#break(`input ${number} is ${times} times in ${key}`)
        left.delete(number)
      }
      if (left.size > 0 && [...left.keys()].join() !== '') {
        this.#break(`${[...left.keys()].join()} do not belong to ${key}`)
      }
      if (this.#isExact && this.#shape.isTable) this.#checkUpdates(key, updates)
      results.delete(key)
    }
    if (results.size > 0)
      this.#break(`results of keys without input: ${[...results.keys()].join()}`)
  }

  /** How many results there are, each counted once: at least once, some of them come again. */
  get resultCount(): number {
    return new Set([...this.#results().values()].flat()).size
  }

  /** The last update; where zombies may write, the longest one: theirs may come after that of their heirs. */
  #tableOf(updates: readonly string[]): string {
    const [longest = ''] = [...updates].sort((one, other) => other.length - one.length)
    return this.#isExact ? (updates.at(-1) ?? '') : longest
  }

  /** Each update adds one input to the one before: none is missing, none there twice. */
  #checkUpdates(key: string, updates: readonly string[]): void {
    let before = ''
    for (const update of updates) {
      const isNext = update.startsWith(before) && update.split(',').length === lengthOf(before) + 1
      if (!isNext) this.#break(`of ${key}, "${update}" came after "${before}"`)
      before = update
    }
  }

  #results(): Map<string, string[]> {
    const results = new Map<string, string[]>()
    const partitions = this.#partitions.topics.get(RESULTS) ?? 0
    for (let partition = 0; partition < partitions; partition++) {
      for (const batch of this.#partitions.rowsOf({ topic: RESULTS, partition })) {
        for (let row = 0; row < batch.count; row++) {
          const key = textOf(keyOf(batch, row))
          results.set(key, [...(results.get(key) ?? []), textOf(valueOf(batch, row))])
        }
      }
    }
    return results
  }

  #break(sentence: Broken): void {
    if (this.broken.length < 20) this.broken.push(sentence)
  }
}

const lengthOf = (list: string): number => (list === '' ? 0 : list.split(',').length)
