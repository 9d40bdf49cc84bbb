// Aggregates that hold their updates back: the last of each key goes out when the task emits, and what reads
// it as a table is told of what went out before.
import { expect } from 'chai'
import { defineTopology, minutes, topic, tumbling, utf8, windowed } from '../../index.ts'
import type { Topology } from '../../topology/topology.ts'
import { strings, texts } from '../support/texts.ts'
import { TestTask } from './support.ts'

const join = { reduce: (old: string, next: string) => `${old}${next}`, value: utf8 }
const windows = tumbling({ size: minutes(1), grace: minutes(0) })
const emit = 'on-update-coalesced'

const row = (key: string, value: string, timestampMs: number) => ({ key, value, timestampMs })

describe('an aggregate on update, coalesced', () => {
  const taskOf = (topology: Topology): TestTask => {
    const task = new TestTask(topology)
    task.pipe(row('b', '1', 10), row('a', '2', 11), row('b', '3', 9), row('b', '4', 12))
    return task
  }

  it('lets the last value of each key out when the task emits, in the order of their first', () => {
    const task = taskOf(
      defineTopology('job', ({ source }) => {
        const grouped = source('in', texts('in')).groupByKey('by-key')
        grouped.reduce('all', { ...join, emit }).to('out', texts('out'))
      }),
    )
    expect(task.readAs('out', utf8, utf8)).to.deep.equal([])
    task.emit()
    expect(task.readAs('out', utf8, utf8)).to.deep.equal([row('b', '134', 12), row('a', '2', 11)])
    task.emit()
    expect(task.readAs('out', utf8, utf8)).to.deep.equal([])
    task.pipe(row('a', '5', 3))
    task.emit()
    expect(task.readAs('out', utf8, utf8)).to.deep.equal([row('a', '25', 11)])
  })

  it('does so by window, too', () => {
    const key = windowed(utf8, minutes(1))
    const task = taskOf(
      defineTopology('job', ({ source }) => {
        const grouped = source('in', texts('in')).groupByKey('by-key').windowedBy(windows)
        grouped.reduce('all', { ...join, emit }).to('out', topic('out', { key, value: utf8 }))
      }),
    )
    task.pipe(row('b', '6', 60_000))
    task.emit()
    const out = task.readAs('out', key, utf8)
    expect(out.map((each) => [each.key?.key, each.key?.window.startMs, each.value])).to.deep.equal([
      ['b', 0, '134'],
      ['a', 0, '2'],
      ['b', 60_000, '6'],
    ])
  })

  it('takes back from an aggregate of the table what it had let out, and nothing in between', () => {
    const changes: string[] = []
    const note = (sign: string) => (all: string, value: string) => {
      changes.push(`${sign}${value}`)
      return all
    }
    const topology = defineTopology('job', ({ source }) => {
      source('in', texts('in'))
        .groupByKey('by-key')
        .reduce('all', { ...join, emit })
        .groupBy('as-one', (value) => ({ key: 'one', value }), strings)
        .reduce('seen', { add: note('+'), subtract: note('-'), emit: 'on-update' })
        .to('out', texts('out'))
    })
    const task = taskOf(topology)
    task.emit()
    task.pipe(row('b', '5', 13), row('b', '6', 14))
    task.emit()
    task.flush()
    const behind = new TestTask(topology, { subtopology: 1 })
    behind.pipeFrames(task.read('app-as-one-repartition'))
    // The first value of a reduce is taken as it is.
    expect(changes).to.deep.equal(['+2', '-134', '+13456'])
  })
})
