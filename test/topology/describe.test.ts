// What a topology says about itself: Kafka's text to the letter, mermaid, JSON.
import { expect } from 'chai'
import { keyValueStore } from '../../topology/processor-stores.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'
import { defineTopology } from '../../topology/topology.ts'
import { sample } from './sample.ts'

const TEXT = `Topologies:
   Sub-topology: 0
    Source: calls-in (topics: [calls])
      --> parse
    Processor: parse (stores: [])
      --> known
      <-- calls-in
    Processor: known (stores: [])
      --> by-type-sink, by-place-sink
      <-- parse
    Sink: by-type-sink (topic: by-type-repartition)
      <-- known
    Sink: by-place-sink (topic: by-place-repartition)
      <-- known

  Sub-topology: 1
    Source: by-type-source (topics: [by-type-repartition])
      --> type-count
    Processor: type-count (stores: [type-count])
      --> type-counts-out
      <-- by-type-source
    Sink: type-counts-out (topic: type-counts)
      <-- type-count

  Sub-topology: 2
    Source: by-place-source (topics: [by-place-repartition])
      --> place-count
    Processor: place-count (stores: [place-count])
      --> named
      <-- by-place-source
    Processor: named (stores: [])
      --> place-counts-out
      <-- place-count
    Sink: place-counts-out (topic: place-counts)
      <-- named

`

const texts = (name: string) => topic(name, { key: utf8, value: utf8 })

const withGlobals = defineTopology('named', ({ source, globalTable, globalStore }) => {
  const types = globalTable('types', texts('type-names'))
  source('calls-in', texts('calls'))
    .join('named', types, { on: (type) => type, merge: (_type, name) => name })
    .to('named-out', texts('named-calls'))
  globalStore('units', texts('unit-names'), {
    store: keyValueStore('unit-store', { key: utf8, value: utf8 }),
    make: () => () => undefined,
  })
})

/** As Kafka Streams 4.1 prints such a topology, but for the names. */
const WITH_GLOBALS = `Topologies:
   Sub-topology: 0 for global store (will not generate tasks)
    Source: types-source (topics: [type-names])
      --> types
    Processor: types (stores: [types])
      --> none
      <-- types-source
  Sub-topology: 1
    Source: calls-in (topics: [calls])
      --> named
    Processor: named (stores: [])
      --> named-out
      <-- calls-in
    Sink: named-out (topic: named-calls)
      <-- named

  Sub-topology: 2 for global store (will not generate tasks)
    Source: units-source (topics: [unit-names])
      --> units
    Processor: units (stores: [unit-store])
      --> none
      <-- units-source
`

describe('the description of a topology', () => {
  it('is the text that Kafka prints', () => {
    expect(sample.describe()).to.equal(TEXT)
    expect(sample.describe({ format: 'text' })).to.equal(TEXT)
  })

  it('has global tables and stores among its parts, as Kafka prints them', () => {
    expect(withGlobals.describe()).to.equal(WITH_GLOBALS)
    const json = JSON.parse(withGlobals.describe({ format: 'json' })) as {
      subtopologies: { id: number }[]
      globalStores: unknown[]
    }
    expect(json.subtopologies.map(({ id }) => id)).to.deep.equal([1])
    expect(json.globalStores).to.deep.equal([
      { id: 0, name: 'types', topic: 'type-names', store: 'types' },
      { id: 2, name: 'units', topic: 'unit-names', store: 'unit-store' },
    ])
    const mermaid = withGlobals.describe({ format: 'mermaid' })
    expect(mermaid).to.include('  subgraph subtopology_2["global store 2"]')
    expect(mermaid).to.include('  units_source --> units')
  })

  it('is a mermaid flowchart with sub-topologies as boxes', () => {
    const lines = sample.describe({ format: 'mermaid' }).split('\n')
    expect(lines[0]).to.equal('flowchart LR')
    expect(lines).to.include('  subgraph subtopology_1["sub-topology 1"]')
    expect(lines).to.include('    calls_in["Source: calls-in (topics: [calls])"]')
    expect(lines).to.include('  known --> by_type_sink')
    expect(lines).to.include('  by_type_sink --> by_type_source')
    expect(lines).to.include('  by_type_source --> type_count')
  })

  it('is JSON with the stores of each part', () => {
    const parsed = JSON.parse(sample.describe({ format: 'json' })) as {
      name: string
      subtopologies: { id: number; nodes: { name: string }[]; stores: string[] }[]
    }
    expect(parsed.name).to.equal('sample')
    expect(parsed.subtopologies.map(({ id, stores }) => [id, stores])).to.deep.equal([
      [0, []],
      [1, ['type-count']],
      [2, ['place-count']],
    ])
    expect(parsed.subtopologies[1]?.nodes.map(({ name }) => name)).to.deep.equal([
      'by-type-source',
      'type-count',
      'type-counts-out',
    ])
    expect(parsed.subtopologies[1]?.nodes).to.deep.include({
      name: 'by-type-source',
      text: 'Source: by-type-source (topics: [by-type-repartition])',
      kind: 'source',
      topics: ['by-type-repartition'],
      isInternal: true,
      stores: [],
      children: ['type-count'],
      parents: [],
    })
  })
})
