// Joins with a static table: rows found and not found, what goes on and what is counted.
import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StaticTableError } from '../../state/static-rows.ts'
import { json } from '../../topology/serdes/json.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import { staticTable } from '../../topology/static-table.ts'
import type { Stream } from '../../topology/stream.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { messageOf, TestTask } from './support.ts'

const texts = topic('texts', { key: utf8, value: utf8 })
const row = json.object({ code: json.string(), name: json.string() })

describe('a join with a static table', () => {
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-join-'))
    const rows = [
      { code: 'a', name: 'Anna' },
      { code: 'b', name: 'Berta' },
    ]
    writeFileSync(join(directory, 'names.json'), JSON.stringify(rows))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  const names = (file = 'names.json') =>
    staticTable('names', {
      file: pathToFileURL(join(directory, file)),
      row,
      key: ({ code }) => code,
    })

  /** A task with a joined stream and a sibling, and what both saw. */
  function taskOf(joined: (stream: Stream<string, string>) => Stream<string, string>) {
    const seen: string[] = []
    const siblings: string[] = []
    const topology = defineTopology('job', ({ source }) => {
      const stream = source('in', texts)
      joined(stream).peek('look', (text, { key, timestampMs }) =>
        seen.push(`${key}:${text}@${timestampMs}`),
      )
      stream.peek('sibling', (text) => siblings.push(text))
    })
    return { task: new TestTask(topology), seen, siblings }
  }

  const pipe = (task: TestTask, ...values: string[]): void =>
    task.pipe(...values.map((value, i) => ({ key: `k${i}`, value, timestampMs: i })))

  it('leaves out records without a row when it is an inner one, and counts them by key', () => {
    const { task, seen, siblings } = taskOf((stream) =>
      stream.join('named', names(), {
        on: (text) => text,
        merge: (text, { name }, { key }) => `${text}=${name}/${key}`,
      }),
    )
    pipe(task, 'a', 'x', 'b', 'b', 'x', 'x', 'a')
    expect(seen).to.deep.equal([
      'k0:a=Anna/k0@0',
      'k2:b=Berta/k2@2',
      'k3:b=Berta/k3@3',
      'k6:a=Anna/k6@6',
    ])
    expect(siblings).to.deep.equal(['a', 'x', 'b', 'b', 'x', 'x', 'a'])
    expect(task.unmatchedKeys).to.deep.equal(Array(3).fill(['named', 'x']))
  })

  it('goes on without a row when it is a left one, and counts them too', () => {
    const { task, seen } = taskOf((stream) =>
      stream.leftJoin('named', names(), {
        on: (text) => (text === '' ? null : text),
        merge: (text, found) => `${text}=${found?.name ?? 'nobody'}`,
      }),
    )
    pipe(task, '', 'a', '', 'x', 'b')
    expect(seen).to.deep.equal([
      'k0:=nobody@0',
      'k1:a=Anna@1',
      'k2:=nobody@2',
      'k3:x=nobody@3',
      'k4:b=Berta@4',
    ])
    expect(task.unmatchedKeys).to.deep.equal([
      ['named', 'null'],
      ['named', 'null'],
      ['named', 'x'],
    ])
  })

  it('names the node when user code throws', () => {
    const broken = (): never => {
      throw new Error('broken')
    }
    const parts = { on: (text: string) => text, merge: (text: string) => text }
    for (const spec of [
      { ...parts, on: broken },
      { ...parts, merge: broken },
    ]) {
      const { task } = taskOf((stream) => stream.join('named', names(), spec))
      expect(messageOf(() => pipe(task, 'a'))).to.equal(
        'topic texts, partition 0, offset 0: named: broken',
      )
    }
  })

  it('leaves out what user code throws on where it says so, or the topology does', () => {
    const spec = {
      on: (text: string) => text,
      merge: (text: string, { name }: { name: string }) => {
        if (text === 'b') throw new Error('broken')
        return name
      },
    }
    const { task, seen } = taskOf((stream) =>
      stream.join('named', names(), { ...spec, onError: 'skip' }),
    )
    pipe(task, 'a', 'b', 'a')
    expect(seen).to.deep.equal(['k0:Anna@0', 'k2:Anna@2'])
    expect(task.drops).to.deep.equal([['named', 'processing-error']])
    const lenient = new TestTask(
      defineTopology('job', ({ source }) => void source('in', texts).join('named', names(), spec), {
        onError: 'skip',
      }),
    )
    pipe(lenient, 'b')
    expect(lenient.drops).to.deep.equal([['named', 'processing-error']])
  })

  it('fails when the task is built where the file cannot be read', () => {
    const parts = { on: (text: string) => text, merge: (text: string) => text }
    expect(() => taskOf((stream) => stream.join('named', names('none.json'), parts))).to.throw(
      StaticTableError,
      'none.json',
    )
  })
})
