// The jobs of the simulation, drawn by the seed: each input has a number of its own, so that what came out of
// it can be told once, twice and never apart.
import {
  defineTopology,
  keyValueStore,
  milliseconds,
  topic,
  utf8,
  type Stream,
  type Topology,
} from '../../index.ts'
import type { Random } from '../../data/random.ts'

/** An input: `number:group`. */
export interface Input {
  readonly topic: string
  readonly key: string
  readonly number: number
  readonly group: string
}

/** A job and what it must do. */
export interface Shape {
  readonly name: string
  readonly topology: Topology
  readonly sources: readonly string[]
  /** Results by key: the numbers of the inputs that belong there. */
  readonly expected: (inputs: readonly Input[]) => Map<string, number[]>
  /** Whether results of a key are all that there is so far, and not one by one. */
  readonly isTable: boolean
  /** Whether results come some time after their input is committed. */
  readonly isLate?: boolean
}

/** The topic of results. */
export const RESULTS = 'results'

const IN = topic('in', { key: utf8, value: utf8 })
const MORE = topic('more', { key: utf8, value: utf8 })
const OUT = topic(RESULTS, { key: utf8, value: utf8 })

const HELD = keyValueStore('held', { key: utf8, value: utf8 })
const HELD_MS = 150

const numberOf = (value: string): string => value.slice(0, value.indexOf(':'))
const groupOf = (value: string): string => value.slice(value.indexOf(':') + 1)

/** The numbers of all values of a key, in the order in which they came. */
const ALL = {
  initialize: () => '',
  add: (all: string, value: string) => (all === '' ? '' : `${all},`) + numberOf(value),
  value: utf8,
  emit: 'on-update',
} as const

function by(keyOf: (input: Input) => string) {
  return (inputs: readonly Input[]): Map<string, number[]> => {
    const expected = new Map<string, number[]>()
    for (const input of inputs) {
      const key = keyOf(input)
      expected.set(key, [...(expected.get(key) ?? []), input.number])
    }
    return expected
  }
}

const byKey = by(({ key }) => key)
const byGroup = by(({ group }) => group)

type Made = Omit<Shape, 'topology' | 'name'> & {
  readonly build: (one: Stream<string, string>, two: () => Stream<string, string>) => void
}

const SHAPES: Readonly<Record<string, Made>> = {
  forward: {
    sources: ['in'],
    expected: byKey,
    isTable: false,
    build: (one) => one.mapValues('number', numberOf).to('out', OUT),
  },
  counted: {
    sources: ['in'],
    expected: byKey,
    isTable: true,
    build: (one) =>
      one.groupByKey('by-key', utf8, utf8).aggregate('all', ALL).toStream('updates').to('out', OUT),
  },
  regrouped: {
    sources: ['in'],
    expected: byGroup,
    isTable: true,
    build: (one) =>
      one
        .groupBy('by-group', groupOf, utf8, utf8)
        .aggregate('all', ALL)
        .toStream('updates')
        .to('out', OUT),
  },
  twice: {
    sources: ['in'],
    expected: byGroup,
    isTable: true,
    build: (one) =>
      one
        .selectKey('by-number', numberOf)
        .repartition('first', { key: utf8, value: utf8 })
        .groupBy('by-group', groupOf, utf8, utf8)
        .aggregate('all', ALL)
        .toStream('updates')
        .to('out', OUT),
  },
  both: {
    sources: ['in'],
    expected: (inputs) => {
      const keys = [...byKey(inputs)].map(([key, all]) => [`key ${key}`, all] as const)
      return new Map([...keys, ...byGroup(inputs)])
    },
    isTable: true,
    build(one) {
      one
        .groupByKey('by-key', utf8, utf8)
        .aggregate('of-key', ALL)
        .toStream('of-keys')
        .selectKey('marked', (_, { key }) => `key ${key}`)
        .to('out-keys', OUT)
      one
        .groupBy('by-group', groupOf, utf8, utf8)
        .aggregate('of-group', ALL)
        .toStream('of-groups')
        .to('out-groups', OUT)
    },
  },
  // What comes out belongs to no input of its moment: the offsets have long been committed.
  held: {
    sources: ['in'],
    expected: byKey,
    isTable: false,
    isLate: true,
    build: (one) =>
      one
        .process<string, string>('hold', {
          stores: [HELD],
          make: ({ store, forward, schedule }) => {
            const held = store(HELD)
            schedule('wall-clock', milliseconds(HELD_MS), () => {
              for (const { key, value } of [...held.all()]) {
                forward({ key: value.slice(value.indexOf('@') + 1), value: numberOf(value) })
                held.delete(key)
              }
            })
            return (value, { key }) => held.put(numberOf(value), `${value}@${key}`)
          },
        })
        .to('out', OUT),
  },
  merged: {
    sources: ['in', 'more'],
    expected: byGroup,
    isTable: true,
    build: (one, two) =>
      one
        .merge('merged', two())
        .groupBy('by-group', groupOf, utf8, utf8)
        .aggregate('all', ALL)
        .toStream('updates')
        .to('out', OUT),
  },
  'co-partitioned': {
    sources: ['in', 'more'],
    expected: byKey,
    isTable: true,
    build: (one, two) =>
      one
        .merge('merged', two())
        .groupByKey('by-key', utf8, utf8)
        .aggregate('all', ALL)
        .toStream('updates')
        .to('out', OUT),
  },
}

/** One of the jobs. */
export function drawShape(random: Random): Shape {
  const names = Object.keys(SHAPES)
  const name = names[random.below(names.length)]!
  const { build, ...rest } = SHAPES[name]!
  const topology = defineTopology(
    'simulated',
    ({ source }) => build(source('in', IN), () => source('more', MORE)),
    { onError: 'fail' },
  )
  return { name, topology, ...rest }
}
