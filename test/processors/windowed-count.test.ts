// The windowed count: which windows a record counts in, what goes out when, and what is given up.
import { expect } from 'chai'
import { milliseconds } from '../../topology/duration.ts'
import type { EmitStrategy } from '../../topology/node.ts'
import { float64, utf8 } from '../../topology/serdes/primitive.ts'
import { windowed } from '../../topology/serdes/windowed.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology, type Topology } from '../../topology/topology.ts'
import { hopping } from '../../topology/windows.ts'
import { TestTask } from './support.ts'

const [size, advance] = [milliseconds(10), milliseconds(5)]
const resultKey = windowed(utf8, size)

function counting(emit: EmitStrategy, { graceMs = 0, isTumbling = true } = {}): Topology {
  const grace = milliseconds(graceMs)
  return defineTopology('job', ({ source }) => {
    source('in', topic('texts', { key: utf8, value: utf8 }))
      .groupByKey('by-key', utf8)
      .windowedBy(hopping({ size, advance: isTumbling ? size : advance, grace }))
      .count('counts', { emit })
      .to('out', topic('counts', { key: resultKey, value: float64 }))
  })
}

/** Runs a record for each `key@timestamp`. */
function pipe(task: TestTask, ...records: string[]): void {
  task.pipe(
    ...records.map((record) => {
      const [key, timestampMs] = record.split('@')
      return { key: key ?? '', value: 'x', timestampMs: Number(timestampMs) }
    }),
  )
}

/** What went out since the last look, as `key[start]=count@timestamp`. */
function results(task: TestTask): string[] {
  return task.readAs('counts', resultKey, float64).map(({ key, value, timestampMs }) => {
    expect(key!.window.endMs).to.equal(key!.window.startMs + 10)
    return `${key!.key}[${key!.window.startMs}]=${value}@${timestampMs}`
  })
}

/** What a task's store packs, kept beyond the next time. */
const packed = (task: TestTask, isSnapshot: boolean): Uint8Array | undefined =>
  task.stores[0]!.pack(isSnapshot)?.slice()

describe('a windowed count on update', () => {
  it('puts out each change at once, with the highest timestamp counted', () => {
    const task = new TestTask(counting('on-update'))
    pipe(task, 'a@1', 'a@5', 'b@3', 'a@2')
    expect(results(task)).to.deep.equal(['a[0]=1@1', 'a[0]=2@5', 'b[0]=1@3', 'a[0]=3@5'])
    task.emit()
    expect(results(task)).to.deep.equal([])
  })

  it('puts out one update a window, in the order of their starts', () => {
    const task = new TestTask(counting('on-update', { isTumbling: false }))
    pipe(task, 'a@12', 'a@15')
    expect(results(task)).to.deep.equal(['a[5]=1@12', 'a[10]=1@12', 'a[10]=2@15', 'a[15]=1@15'])
  })
})

describe('a late record', () => {
  it('counts until the window’s end and grace, and is dropped at that very millisecond', () => {
    const task = new TestTask(counting('on-update', { graceMs: 3 }))
    pipe(task, 'a@5', 'b@12', 'a@6')
    expect(results(task)).to.deep.equal(['a[0]=1@5', 'b[10]=1@12', 'a[0]=2@6'])
    pipe(task, 'b@13', 'a@9')
    expect(results(task)).to.deep.equal(['b[10]=2@13'])
    expect(task.drops).to.deep.equal([['counts', 'expired-window']])
  })

  it('is dropped and counted once per window, and counts in those still open', () => {
    const task = new TestTask(counting('on-update', { isTumbling: false }))
    pipe(task, 'a@30', 'a@17', 'a@24')
    expect(results(task)).to.deep.equal(['a[25]=1@30', 'a[30]=1@30'])
    // 17 lies in the windows of 10 and 15, 24 in those of 15 and 20, which end at 25 and 30.
    expect(task.drops).to.deep.equal(Array(4).fill(['counts', 'expired-window']))
    pipe(task, 'a@26')
    expect(results(task)).to.deep.equal(['a[25]=2@30'])
    expect(task.drops).to.have.length(5)
  })

  it('is dropped though its window was never opened or is already given up', () => {
    const task = new TestTask(counting('on-update'))
    pipe(task, 'a@1', 'a@25')
    task.emit()
    pipe(task, 'a@2', 'a@12')
    expect(results(task)).to.deep.equal(['a[0]=1@1', 'a[20]=1@25'])
    expect(task.drops).to.have.length(2)
  })
})

describe('a windowed count on update, coalesced', () => {
  it('puts out the latest of each key and window when it is told to', () => {
    const task = new TestTask(counting('on-update-coalesced'))
    pipe(task, 'b@1', 'a@2', 'b@5', 'b@4')
    expect(results(task)).to.deep.equal([])
    task.emit()
    expect(results(task)).to.deep.equal(['b[0]=3@5', 'a[0]=1@2'])
    task.emit()
    expect(results(task)).to.deep.equal([])
    pipe(task, 'a@3')
    task.emit()
    expect(results(task)).to.deep.equal(['a[0]=2@3'])
  })

  it('puts out a window that closed in the meantime', () => {
    const task = new TestTask(counting('on-update-coalesced'))
    pipe(task, 'a@1', 'a@50')
    task.emit()
    expect(results(task)).to.deep.equal(['a[0]=1@1', 'a[50]=1@50'])
    expect(task.stores[0]!.rows).to.equal(1)
  })
})

describe('a windowed count on window close', () => {
  it('puts out each key and window once, after end and grace, by start and key', () => {
    const task = new TestTask(counting('on-window-close', { graceMs: 5 }))
    pipe(task, 'b@11', 'é@2', 'b@3', 'z@1', 'b@1', 'a@12', 'c@14')
    task.emit()
    expect(results(task)).to.deep.equal([])
    pipe(task, 'c@15', 'late@9')
    task.emit()
    expect(results(task)).to.deep.equal(['b[0]=2@3', 'z[0]=1@1', 'é[0]=1@2'])
    expect(task.drops).to.deep.equal([['counts', 'expired-window']])
    pipe(task, 'x@100')
    task.emit()
    expect(results(task)).to.deep.equal(['a[10]=1@12', 'b[10]=1@11', 'c[10]=2@15'])
    task.emit()
    expect(results(task)).to.deep.equal([])
  })

  it('puts out windows that overlap in the order of their starts', () => {
    const task = new TestTask(counting('on-window-close', { isTumbling: false }))
    pipe(task, 'b@7', 'a@12', 'a@100')
    task.emit()
    expect(results(task)).to.deep.equal(['b[0]=1@7', 'a[5]=1@12', 'b[5]=1@7', 'a[10]=1@12'])
  })
})

describe('a store of counts', () => {
  it('is given up with its windows, and the room is used again without mixing counts', () => {
    const task = new TestTask(counting('on-update'))
    for (let round = 0; round < 50; round++) {
      const keys = Array.from({ length: 40 }, (_, i) => `key-${(round * 13 + i) % 97}`)
      pipe(task, ...keys.flatMap((key) => [`${key}@${round * 10}`, `${key}@${round * 10 + 1}`]))
      task.emit()
      expect(results(task).filter((result) => result.includes('=2@'))).to.deep.equal(
        keys.map((key) => `${key}[${round * 10}]=2@${round * 10 + 1}`),
      )
      expect(task.stores[0]!.rows).to.equal(40)
    }
  })

  it('forgets the keys of closed windows when there are more than 65,536 of them', () => {
    const task = new TestTask(counting('on-update'))
    const rows = Array.from({ length: 1_000 }, (_, i) => i)
    for (let from = 0; from < 66_000; from += 1_000) {
      pipe(task, ...rows.map((i) => `old-${from + i}@${i % 10}`))
    }
    expect(results(task)).to.have.length(66_000)
    pipe(task, 'kept@15', 'kept@50')
    task.emit()
    pipe(task, 'kept@51', 'new@52', 'old-7@53')
    expect(results(task)).to.deep.equal([
      'kept[10]=1@15',
      'kept[50]=1@50',
      'kept[50]=2@51',
      'new[50]=1@52',
      'old-7[50]=1@53',
    ])
    expect(task.stores[0]!.rows).to.equal(3)
  })
})

describe('a restored count', () => {
  /** A task as after a restart: what the other saved, and its stream time. */
  function restarted(topology: Topology, log: (Uint8Array | undefined)[], streamTimeMs: number) {
    const task = new TestTask(topology)
    task.timeOf('counts').restore(streamTimeMs)
    for (const entry of log) if (entry !== undefined) task.stores[0]!.restore(entry)
    return task
  }

  it('goes on counting where it was, and emits nothing by itself', () => {
    const topology = counting('on-update-coalesced')
    const task = new TestTask(topology)
    pipe(task, 'a@1', 'a@7', 'b@2')
    const log = [packed(task, false)]
    pipe(task, 'b@3')
    log.push(packed(task, false), task.stores[0]!.pack(false))
    expect(log[2]).to.equal(undefined)
    const next = restarted(topology, log, task.streamTimeMs)
    next.emit()
    expect(results(next)).to.deep.equal([])
    pipe(next, 'b@1', 'a@2')
    next.emit()
    expect(results(next)).to.deep.equal(['b[0]=3@3', 'a[0]=3@7'])
  })

  it('puts no final result out twice, though the log still names its window', () => {
    const topology = counting('on-window-close')
    const task = new TestTask(topology)
    pipe(task, 'a@1', 'b@12')
    const log = [packed(task, false)]
    pipe(task, 'b@25')
    task.emit()
    expect(results(task)).to.deep.equal(['a[0]=1@1', 'b[10]=1@12'])
    log.push(packed(task, false))
    const next = restarted(topology, log, task.streamTimeMs)
    expect(next.stores[0]!.rows).to.equal(1)
    next.emit()
    expect(results(next)).to.deep.equal([])
    pipe(next, 'b@30')
    next.emit()
    expect(results(next)).to.deep.equal(['b[20]=1@25'])
  })

  it('closes windows that were open when it was saved', () => {
    const topology = counting('on-window-close')
    const task = new TestTask(topology)
    pipe(task, 'a@1')
    const next = restarted(topology, [packed(task, true)], task.streamTimeMs)
    pipe(next, 'a@40')
    next.emit()
    expect(results(next)).to.deep.equal(['a[0]=1@1'])
  })
})

describe('a count of counts in one task', () => {
  it('emits what the first lets out in the same emission', () => {
    const grace = milliseconds(0)
    const topology = defineTopology('job', ({ source }) => {
      source('in', topic('texts', { key: utf8, value: utf8 }))
        .groupByKey('by-key', utf8)
        .windowedBy(hopping({ size, advance: size, grace }))
        .count('first', { emit: 'on-update-coalesced' })
        .toStream('first-counts')
        .groupByKey('again', resultKey)
        .windowedBy(hopping({ size, advance: size, grace }))
        .count('second', { emit: 'on-update-coalesced' })
        .mapValues('number', (count, { key }) => count + key.key.key.length)
        .to('out', topic('counts', { key: windowed(resultKey, size), value: float64 }))
    })
    const task = new TestTask(topology)
    pipe(task, 'a@1', 'a@2', 'bb@3')
    task.emit()
    const values = task.readAs('counts', windowed(resultKey, size), float64)
    expect(values.map(({ value }) => value)).to.deep.equal([2, 3])
  })
})
