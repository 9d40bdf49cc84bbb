// Sinks: Kafka's partition for every key, windowed keys by the key inside, nulls as nulls.
import { expect } from 'chai'
import { partitionFor } from '../../broker/partitioner.ts'
import { milliseconds } from '../../topology/duration.ts'
import { fields } from '../../topology/serdes/fields.ts'
import { json } from '../../topology/serdes/json.ts'
import { float64, int32, utf8 } from '../../topology/serdes/primitive.ts'
import { fromBytes, toBytes, type Serde } from '../../topology/serdes/serde.ts'
import { windowed } from '../../topology/serdes/windowed.ts'
import type { Stream } from '../../topology/stream.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { tumbling, type Windowed } from '../../topology/windows.ts'
import { TestTask, type TestTaskOptions } from './support.ts'

const texts = topic('texts', { key: utf8, value: utf8 })
const partitions = { out: 5 }
const size = milliseconds(10)

/** A task that writes to `out` what `build` makes. */
function taskOf(build: (stream: Stream<string, string>) => void, options?: TestTaskOptions) {
  const topology = defineTopology('job', ({ source }) => build(source('in', texts)))
  return new TestTask(topology, { partitions, ...options })
}

/** A task that counts by a key serde and writes results with another. */
function counting<K>(grouping: Serde<K>, keyOf: (text: string) => K, inner: Serde<K>): TestTask {
  const grouped = topic('keyed', { key: grouping, value: utf8 })
  const topology = defineTopology('job', ({ source }) => {
    const stream = source('in', grouped)
    stream
      .groupByKey('grouped', grouping)
      .windowedBy(tumbling({ size, grace: milliseconds(0) }))
      .count('counts', { emit: 'on-update' })
      .to('to-out', topic('out', { key: windowed(inner, size), value: float64 }))
  })
  const task = new TestTask(topology, { partitions })
  for (let i = 0; i < 3_000; i++) {
    const key = toBytes(grouping, keyOf(`key-${i % 1_500}`))
    task.pipe({ key, value: 'x', timestampMs: 10 * Math.floor(i / 1_500) })
  }
  return task
}

describe('a sink', () => {
  it('writes where Java’s producer would: by murmur2 of the key’s bytes', () => {
    const task = taskOf((stream) => stream.to('to-out', topic('out', { key: utf8, value: utf8 })))
    // Partitions as org.apache.kafka.common.utils.Utils.murmur2 gives them, modulo 5.
    const java: Record<string, number> = {}
    for (const key of ['', 'a', 'key-1', 'é€😀', 'x'.repeat(1_000)]) {
      java[key] = partitionFor(Buffer.from(key), 5)
      task.pipe({ key, value: 'v', timestampMs: 4 })
    }
    const found = task.read('out')
    expect(found).to.have.length(5)
    for (const { key, partition, timestampMs } of found) {
      expect(partition).to.equal(java[Buffer.from(key!).toString()])
      expect(timestampMs).to.equal(4)
    }
  })

  it('keeps records without a key in the task’s own partition', () => {
    const options = { partition: 7 }
    const task = taskOf(
      (stream) => stream.to('to-out', topic('out', { key: utf8, value: utf8 })),
      options,
    )
    task.pipe({ key: null, value: 'a' }, { key: null, value: null })
    expect(task.read('out').map(({ key, partition }) => [key, partition])).to.deep.equal([
      [null, 2],
      [null, 2],
    ])
  })

  it('writes null and undefined as null, and what is empty as empty', () => {
    const task = taskOf((stream) => {
      stream
        .mapValues('value', (text) => (text === 'none' ? (undefined as unknown as string) : text))
        .to('to-out', topic('out', { key: utf8, value: utf8 }))
    })
    task.pipe({ key: '', value: 'none' }, { key: '', value: null }, { key: '', value: '' })
    const values = task.read('out').map(({ key, value }) => [key!.length, value?.length])
    expect(values).to.deep.equal([
      [0, undefined],
      [0, undefined],
      [0, 0],
    ])
  })

  it('writes values that are larger than all before', () => {
    const task = taskOf((stream) => stream.to('to-out', topic('out', { key: utf8, value: utf8 })))
    const values = ['a', 'b'.repeat(100_000), 'c']
    for (const value of values) task.pipe({ key: 'k', value })
    expect(task.readAs('out', utf8, utf8).map(({ value }) => value)).to.deep.equal(values)
  })
})

describe('a sink of windowed keys', () => {
  const byType = fields('type')
  const one = json.object({ type: json.string(), more: json.integer() })
  const other = json.object({ more: json.integer(), type: json.string() })
  type Key = { readonly type: string; readonly more: number }
  const ofType = (type: string) => ({ type })
  const ofTypeAndMore = (type: string): Key => ({ type, more: 1 })

  function check<K>(task: TestTask, inner: Serde<K>): void {
    const found = task.read('out')
    expect(found).to.have.length(3_000)
    const key = windowed(inner, size)
    for (const row of found) {
      const { key: innerKey, window } = fromBytes(key, row.key!)
      const expected: Windowed<K> = { key: innerKey, window }
      expect(Buffer.from(row.key!).equals(toBytes(key, expected))).to.equal(true)
      expect(row.partition).to.equal(partitionFor(toBytes(inner, innerKey), 5))
    }
  }

  it('writes the key inside and the window’s start, by the partition of the key inside', () => {
    check(
      counting(utf8, (text) => text, utf8),
      utf8,
    )
    check(counting(byType, ofType, byType), byType)
    check(counting(byType, ofType, fields('type')), byType)
  })

  it('writes the bytes of its own serde where the grouping has another of the same name', () => {
    expect(one.name).to.equal(other.name)
    check(counting<Key>(one, ofTypeAndMore, other), other)
  })

  it('writes a windowed key that user code made', () => {
    const task = taskOf((stream) => {
      stream
        .map('made', (text) => ({
          key: { key: text.length, window: { startMs: 20, endMs: 30 } },
          value: text,
        }))
        .to('to-out', topic('out', { key: windowed(int32, size), value: utf8 }))
    })
    task.pipe({ value: 'abc' })
    const [row] = task.read('out')
    expect(Buffer.from(row!.key!).toString('hex')).to.equal('000000030000000000000014')
    expect(row!.partition).to.equal(partitionFor(Buffer.from([0, 0, 0, 3]), 5))
  })
})
