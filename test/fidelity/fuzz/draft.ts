// A drawn topology in the making: its nodes so far, and what further nodes may read.
import type { CaseNode } from '../case.ts'
import type { Dice } from './dice.ts'

/** What a node has given: a stream or table to go on from. */
export interface Part {
  readonly id: string
  readonly is: 'stream' | 'table' | 'global'
  /** What its keys are: texts, or those of windows of a kind. Only the same are joined and merged. */
  readonly keys: string
  readonly isVersioned?: boolean
  /** A windowed cogroup, which Kafka Streams fails to look up. */
  readonly isBlind?: boolean
}

/** Keys that are texts. */
export const PLAIN = 'text'

/** A topology in the making. */
export class Draft {
  readonly nodes: CaseNode[] = []
  readonly topics: string[] = []
  /** Distances in time at which something changes: sizes, gaps, graces and their sums. */
  readonly spans: number[] = []
  readonly #parts: Part[] = []
  readonly #read = new Set<string>()
  readonly dice: Dice
  #ids = 0

  constructor(dice: Dice) {
    this.dice = dice
  }

  /** Adds a node and gives its id. */
  add(op: string, fields: Readonly<Record<string, unknown>>): string {
    const id = `${op}${this.#ids++}`
    this.nodes.push({ id, op, ...fields })
    for (const field of ['from', 'with']) {
      if (typeof fields[field] === 'string') this.#read.add(fields[field])
    }
    return id
  }

  /** Lets further nodes read a part. */
  offer(part: Omit<Part, 'keys'> & { readonly keys?: string }): void {
    this.#parts.push({ keys: PLAIN, ...part })
  }

  /** A name for a topic or store that there is not yet. */
  name(what: string): string {
    return `${what}${this.#ids++}`
  }

  /** A topic that only one node reads. */
  newTopic(): string {
    const topic = `in${this.topics.length}`
    this.topics.push(topic)
    return topic
  }

  /** A part of this kind, mostly one that nobody reads yet; a source is made where there is none. */
  part(is: Part['is'], mayBe: (part: Part) => boolean = () => true): Part {
    const fitting = this.#parts.filter((part) => part.is === is && mayBe(part))
    const unread = fitting.filter(({ id }) => !this.#read.has(id))
    if (unread.length > 0 && !this.dice.once(4)) return this.dice.pick(unread)
    if (fitting.length > 0 && !this.dice.once(4)) return this.dice.pick(fitting)
    return this.source(is)
  }

  /** Two parts with the same keys. */
  pair(left: Part['is'], right: Part['is']): readonly [Part, Part] {
    const isSeen = ({ isBlind }: Part) => isBlind !== true
    const one = this.part(left, isSeen)
    const fits = (part: Part) =>
      isSeen(part) && part.keys === one.keys && (part !== one || this.dice.once(6))
    if (one.keys === PLAIN) return [one, this.part(right, fits)]
    const others = this.#parts.filter((part) => part.is === right && fits(part))
    if (others.length > 0) return [one, this.dice.pick(others)]
    const isPlain = ({ keys }: Part) => keys === PLAIN
    return [this.part(left, isPlain), this.part(right, isPlain)]
  }

  /** The parts that nobody reads. */
  leaves(): readonly Part[] {
    return this.#parts.filter(({ id, is }) => is !== 'global' && !this.#read.has(id))
  }

  /** The ids of all tables. */
  get tables(): readonly string[] {
    return this.#parts.filter(({ is }) => is === 'table').map(({ id }) => id)
  }

  /** A new source of this kind. */
  source(is: Part['is'], isVersioned = this.dice.once(5)): Part {
    const { dice } = this
    const part = this.#source(is, isVersioned)
    this.offer(part)
    if (dice.once(12) && is !== 'global')
      this.add('to', { from: part.id, topic: this.name('early') })
    return part
  }

  #source(is: Part['is'], isVersioned: boolean): Part {
    const { dice } = this
    switch (is) {
      case 'global':
        return {
          id: this.add('globalTable', { topic: this.newTopic(), store: this.name('g') }),
          is,
          keys: PLAIN,
        }
      case 'table': {
        if (isVersioned) {
          const history = dice.pick([5, 20, 100, 1000])
          this.spans.push(history)
          const fields = {
            topic: this.newTopic(),
            store: this.name('v'),
            versionedHistoryMs: history,
          }
          return { id: this.add('table', fields), is, keys: PLAIN, isVersioned }
        }
        const store = dice.once(2) ? { store: this.name('t') } : {}
        return { id: this.add('table', { topic: this.newTopic(), ...store }), is, keys: PLAIN }
      }
      default: {
        const topics = dice.once(8) ? { topics: [this.newTopic(), this.newTopic()] } : undefined
        return { id: this.add('stream', topics ?? { topic: this.newTopic() }), is, keys: PLAIN }
      }
    }
  }
}
