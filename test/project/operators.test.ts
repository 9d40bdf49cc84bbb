// Every operator of the public API is told of on a page of docs/operators, and used in an example there, which is
// run (test/docs/examples.test.ts).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageRoot } from '../../config/package-root.ts'
import { CogroupedStream } from '../../topology/cogrouped.ts'
import { GroupedStream, WindowedStream } from '../../topology/grouped.ts'
import { SessionStream } from '../../topology/session-stream.ts'
import { SourceStream } from '../../topology/source-stream.ts'
import { SplitStream } from '../../topology/split.ts'
import { GroupedTable, Table } from '../../topology/table.ts'
import { defineTopology, type TopologyBuilder } from '../../topology/topology.ts'
import { bytes } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'

const CLASSES = [
  ...[SourceStream, SplitStream, GroupedStream, WindowedStream, SessionStream],
  ...[CogroupedStream, Table, GroupedTable],
]
/** What operators are made of: no user calls it. */
const INNER = new Set(['constructor', 'newValue', 'next'])

/** The methods that instances of a class have. */
function methodsOf(of: { readonly prototype: object }): string[] {
  const names: string[] = []
  for (let at = of.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && !INNER.has(name)) names.push(name)
    }
  }
  return names
}

/** What the function that builds a topology is given. */
function builderMethods(): string[] {
  const names: string[] = []
  defineTopology('job', (builder: TopologyBuilder) => {
    names.push(...Object.keys(builder))
    builder.source('in', topic('in', { key: bytes, value: bytes })).forEach('end', () => undefined)
  })
  return names
}

describe('the pages about operators', () => {
  const directory = join(packageRoot(), 'docs', 'operators')
  const pages = readdirSync(directory).filter((name) => name.endsWith('.md'))
  const text = pages.map((name) => readFileSync(join(directory, name), 'utf8')).join('\n')
  const examples = [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => code)
  const code = examples.join('\n')
  const told = text.replaceAll(/^```[^]*?^```$/gm, '')
  const methods = [...new Set([...builderMethods(), ...CLASSES.flatMap(methodsOf)])].sort()

  it('name each operator outside of the examples', () => {
    expect(methods.length).to.be.greaterThan(35)
    const isTold = (name: string): boolean =>
      new RegExp(`(^#+ .*|\`\\.?)\\b${name}\\b`, 'm').test(told)
    expect(methods.filter((name) => !isTold(name))).to.deep.equal([])
  })

  it('say in each section with an example what Kafka Streams has, or does, in its place', () => {
    const sections = pages.flatMap((name) =>
      readFileSync(join(directory, name), 'utf8').split(/^(?=## )/m),
    )
    const isCompared = (section: string): boolean =>
      /\bKafka\b/.test(section.replaceAll(/^```[^]*?^```$/gm, ''))
    const withExamples = sections.filter((section) => section.includes('\n```ts\n'))
    expect(withExamples.length).to.be.greaterThan(35)
    const titles = withExamples.filter((section) => !isCompared(section))
    expect(titles.map((section) => section.split('\n')[0])).to.deep.equal([])
  })

  it('use each in an example, which is run', () => {
    const isUsed = (name: string): boolean => new RegExp(`\\b${name}(<[^\\n]*>)?\\(`).test(code)
    expect(methods.filter((name) => !isUsed(name))).to.deep.equal([])
  })
})
