import { expect } from 'chai'
import { assetPaths } from '../../server/assets.ts'
import { readManifest } from './manifest.ts'
import { awaitedSums, readSources, usesOf, type SourceFile } from './sources.ts'

// The parts of the project, first match wins, and what each may import besides itself.
const PARTS: readonly [part: string, pattern: RegExp, mayImport: readonly string[]][] = [
  ['topology', /^topology\//, []],
  ['state', /^state\//, ['topology', 'broker ports']],
  ['processors', /^processors\//, ['state', 'topology', 'broker ports']],
  [
    'runtime',
    /^runtime\//,
    [
      ...['processors', 'state', 'topology', 'config', 'broker ports', 'embedded', 'kafka'],
      ...['native', 'open', 'memory'],
    ],
  ],
  // The page runs in a browser: what it is given as JSON is all that it knows of the server.
  ['page', /^server\/page\//, ['wire']],
  ['wire', /^server\/wire\.ts$/, ['topology']],
  ['server', /^server\//, ['wire', 'runtime', 'topology', 'config', 'broker ports']],
  ['config', /^config\//, []],
  ['connect', /^connect\//, ['topology', 'config', 'broker ports']],
  ['data', /^data\//, ['topology', 'config', 'broker ports']],
  ['jobs', /^jobs\//, []],
  ['embedded', /^broker\/embedded\//, ['broker ports']],
  ['memory', /^broker\/memory\//, ['broker ports']],
  ['kafka', /^broker\/kafka(\.ts$|\/)/, ['broker ports', 'native']],
  ['native', /^broker\/native(\.ts$|\/)/, ['broker ports', 'topology']],
  ['open', /^broker\/(open|data-port)\.ts$/, ['embedded', 'kafka', 'broker ports']],
  ['broker ports', /^broker\/[\w-]+\.ts$/, []],
  ['grafana', /^grafana\//, ['runtime']],
]

// Only these may import whatever they like: nothing imports them.
const TOPS = /^(cli\/|bench\/|(index|testing)\.ts$)/

const NATIVE_OR_HEAVY = [
  ...['node-rdkafka', 'piscina', 'prom-client', 'lmdb', 'pg', 'pg-copy-streams'],
  '@electric-sql/pglite',
]

// Of node:vm it is `compileFunction`, which does nothing outside.
const PURE = ['node:assert', 'node:buffer', 'node:vm']

// What a page of a job finds at every server, beside its own files: docs/page.md says so.
const SERVED = new Set(['/assets/dom.js', '/assets/format.js'])

// What makes a run depend on when and where it happens.
const FROM_OUTSIDE = [
  ...['Date.now', 'new Date()', 'performance.now', 'Math.random', 'crypto.randomUUID'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'process', 'fetch'],
]

function partOf(path: string): (typeof PARTS)[number] | undefined {
  return PARTS.find(([, pattern]) => pattern.test(path))
}

function packageOf(imported: string): string {
  return imported.split('/', imported.startsWith('@') ? 2 : 1).join('/')
}

describe('the imports of the sources', () => {
  const sources = readSources()
  const paths = new Set(sources.map(({ path }) => path))
  const isOwn = (imported: string) => paths.has(imported) || /^\.\.?\/|\.(ts|json)$/.test(imported)
  const packagesOf = ({ imports }: SourceFile) =>
    imports.filter((imported) => !isOwn(imported) && !SERVED.has(imported))

  it('are read from every part of the project', () => {
    const parts = new Set(sources.map(({ path }) => partOf(path)?.[0]))
    const expected = ['topology', 'state', 'processors', 'runtime', 'server', 'config', 'data']
    expect([...parts]).to.include.members([...expected, 'jobs', 'embedded', 'kafka', 'open'])
    expect(sources.length).to.be.greaterThan(100)
  })

  it('belong to a part that has a place in the order', () => {
    const lost = sources.filter(({ path }) => partOf(path) === undefined && !TOPS.test(path))
    expect(lost.map(({ path }) => path)).to.deep.equal([])
  })

  it('name files that exist', () => {
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .filter((imported) => imported.endsWith('.ts') && !paths.has(imported))
        .map((imported) => `${path} imports ${imported}`),
    )
    expect(missing).to.deep.equal([])
  })

  it('point in the allowed directions only', () => {
    const wrong = sources.flatMap(({ path, imports }) => {
      const [part, , mayImport = []] = partOf(path) ?? []
      if (part === undefined) return []
      return imports
        .filter((imported) => isOwn(imported))
        .filter((imported) => {
          const target = partOf(imported)?.[0]
          return target !== part && (target === undefined || !mayImport.includes(target))
        })
        .map((imported) => `${path} imports ${imported}`)
    })
    expect(wrong).to.deep.equal([])
  })

  it('of topology name no package, and of Node only what does nothing outside', () => {
    const topology = sources.filter(({ path }) => path.startsWith('topology/'))
    expect(topology.length).to.be.greaterThan(0)
    const names = topology.flatMap((source) => packagesOf(source))
    expect(names.filter((name) => !PURE.includes(name))).to.deep.equal([])
  })

  it('of the jobs name only what a job of a user has too: Millrace, protobufjs and Node', () => {
    const jobs = sources.filter(({ path }) => path.startsWith('jobs/'))
    const names = jobs.flatMap((source) => packagesOf(source))
    expect(names).to.include('millrace')
    const others = names.filter((name) => !/^(millrace|protobufjs|node:\w+)$/.test(name))
    expect(others).to.deep.equal([])
  })

  it('of pages of jobs name only what every server has for them', () => {
    const asked = sources.flatMap(({ path, imports }) =>
      imports.filter((imported) => imported.startsWith('/')).map((imported) => [path, imported]),
    )
    expect(new Set(asked.map(([, imported]) => imported))).to.deep.equal(SERVED)
    for (const [path] of asked) expect(path).to.match(/^jobs\/[\w-]+\/page\//)
    expect(assetPaths()).to.include.members([...SERVED, '/assets/base.css'])
  })

  for (const name of NATIVE_OR_HEAVY) {
    it(`have one file that knows ${name}`, () => {
      const importers = sources.filter(({ imports }) => imports.map(packageOf).includes(name))
      expect(importers.map(({ path }) => path)).to.have.length(1)
    })
  }

  // node-rdkafka can be loaded once a process, and only by the main thread.
  it('of what workers load lead to no client of Kafka', () => {
    const byPath = new Map(sources.map((source) => [source.path, source]))
    const loaded = new Set(['runtime/worker.ts'])
    for (const path of loaded) {
      for (const imported of byPath.get(path)?.imports ?? []) loaded.add(imported)
    }
    expect([...loaded]).to.include.members(['broker/data-port.ts', 'broker/native/addon.ts'])
    expect([...loaded]).not.to.include.members(['broker/kafka.ts'])
    expect([...loaded].filter((path) => packageOf(path) === 'node-rdkafka')).to.deep.equal([])
  })

  it('name only packages that users of this one have too', () => {
    const allowed = new Set(['millrace', ...runtimeDependencies()])
    const others = sources
      .filter(({ path }) => !/^(bench|grafana)\//.test(path))
      .flatMap((source) => packagesOf(source).map((name) => `${source.path}: ${packageOf(name)}`))
      .filter((line) => !line.includes(': node:') && !allowed.has(line.split(': ')[1] ?? ''))
    expect(others).to.deep.equal([])
  })
})

describe('what decides about results', () => {
  it('reads no clock, no randomness and no environment: all of it is given to a task', () => {
    const pure = readSources().filter(({ path }) => /^(topology|processors|state)\//.test(path))
    expect(pure.length).to.be.greaterThan(0)
    expect(pure.flatMap((source) => usesOf(FROM_OUTSIDE, source))).to.deep.equal([])
  })

  it('is searched by its syntax', () => {
    const text =
      '// Date.now()\nconst at = Date.now() + new Date().getTime()\nnew Date(5)\nprocess.exit()'
    const found = usesOf(FROM_OUTSIDE, { path: 'x.ts', text, imports: [] })
    expect(found).to.deep.equal(['x.ts:2 Date.now', 'x.ts:2 new Date()', 'x.ts:4 process'])
  })
})

describe('the sources', () => {
  it('add nothing to what an await may change', () => {
    expect(readSources().flatMap((source) => awaitedSums(source))).to.deep.equal([])
  })

  it('are searched for that by their syntax', () => {
    const text = 'let n = 0\n// n += await f()\nn += await f()\nn -= 1 + (await f())\nn = await f()'
    const found = awaitedSums({ path: 'x.ts', text, imports: [] })
    expect(found).to.deep.equal(['x.ts:3', 'x.ts:4'])
  })
})

function runtimeDependencies(): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = readManifest()
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
}
