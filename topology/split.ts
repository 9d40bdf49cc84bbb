// The fluent skin of a split (Kafka's BranchedKStream): branches are collected, then appended in one go.
import type { Mapper } from './node.ts'
import { Stream } from './stream.ts'
import type { Fn, OperatorOptions, Origin } from './stream-specs.ts'

/** The branches of a split by name. */
export type Branches<K, V, Names extends string> = Readonly<Record<Names, Stream<K, V>>>

/** A split in the making. The first branch whose predicate holds takes a record. */
export class SplitStream<K, V, Names extends string = never> {
  readonly #at: Origin
  readonly #name: string
  readonly #names: readonly string[]
  readonly #predicates: readonly Mapper[]
  readonly #options: OperatorOptions

  constructor(
    at: Origin,
    name: string,
    names: readonly string[],
    predicates: readonly Mapper[],
    options: OperatorOptions,
  ) {
    this.#at = at
    this.#name = name
    this.#names = names
    this.#predicates = predicates
    this.#options = options
  }

  /** A branch for the records that no branch before has taken and for which `when` is true. */
  branch<N extends string>(name: N, when: Fn<K, V, boolean>): SplitStream<K, V, Names | N> {
    const [names, predicates] = [
      [...this.#names, name],
      [...this.#predicates, when],
    ]
    return new SplitStream(this.#at, this.#name, names, predicates, this.#options)
  }

  /** A branch for all that is left. @returns the branches by name. */
  defaultBranch<N extends string>(name: N): Branches<K, V, Names | N> {
    return this.#append([...this.#names, name])
  }

  /** What no branch takes is dropped and counted as 'unrouted'. @returns the branches by name. */
  noDefaultBranch(): Branches<K, V, Names> {
    return this.#append(this.#names)
  }

  #append<N extends string>(names: readonly string[]): Branches<K, V, N> {
    const { append } = this.#at
    const predicates = this.#predicates
    const from = append({
      kind: 'split',
      name: this.#name,
      from: this.#at.from,
      predicates,
      ...this.#options,
    })
    const branches = names.map((branch, index) => {
      const name = append({ kind: 'branch', name: `${this.#name}.${branch}`, from, index })
      return [branch, new Stream<K, V>({ ...this.#at, from: name })] as const
    })
    return Object.freeze(Object.fromEntries(branches)) as Branches<K, V, N>
  }
}
