// Topics as a job declares them: a name and what its keys and values are.
import { TopologyError } from './errors.ts'
import type { Serde } from './serdes/serde.ts'

/** A topic with its serdes. `formats` are the forms in which the value may be written or read. */
export interface Topic<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** By name; `topic.format.<topic>` in the configuration picks one, else it is the first. */
  readonly formats: Readonly<Record<string, Serde<V>>>
}

const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,249}$/

/** Whether Kafka takes a topic of this name. */
export const isTopicName = (name: string): boolean =>
  LEGAL_NAME.test(name) && name !== '.' && name !== '..'

/**
 * Declares a topic. `value` is a serde, or several by name of which the configuration picks one.
 * @throws TopologyError when the name is not one that Kafka takes.
 */
export function topic<K, V>(
  name: string,
  serdes: { key: Serde<K>; value: Serde<V> | { formats: Readonly<Record<string, Serde<V>>> } },
): Topic<K, V> {
  if (!isTopicName(name)) {
    throw new TopologyError(
      name,
      'a topic is named with 1 to 249 letters, digits, dots, dashes and underscores',
    )
  }
  const { key, value } = serdes
  if (!key || !value)
    throw new TopologyError(name, 'a topic has a serde of its keys and one of its values')
  const formats = 'formats' in value ? value.formats : { [value.name]: value }
  const first = Object.values(formats)[0]
  if (first === undefined) throw new TopologyError(name, 'a topic has at least one value format')
  return Object.freeze({ name, key, value: first, formats: Object.freeze({ ...formats }) })
}

/** Topics by a pattern of their names, with the serdes of all of them. */
export interface TopicPattern<K, V> {
  readonly pattern: RegExp
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * Declares the topics whose whole name matches a pattern (Kafka's `StreamsBuilder.stream(Pattern)`): those
 * that are there at start, and those that appear later.
 * @throws TopologyError when it is no regular expression.
 */
export function topicPattern<K, V>(
  pattern: RegExp,
  { key, value }: { readonly key: Serde<K>; readonly value: Serde<V> },
): TopicPattern<K, V> {
  if (!((pattern as unknown) instanceof RegExp)) {
    throw new TopologyError(String(pattern), 'a pattern of topic names is a regular expression')
  }
  return Object.freeze({ pattern, key, value })
}

/** As Kafka matches: the whole name. */
export function matches(pattern: RegExp, name: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(name)
}
