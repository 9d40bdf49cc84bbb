import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { packageRoot } from '../../config/package-root.ts'
import { readLock, readManifest, readText } from './manifest.ts'

describe('the package', () => {
  it('lets exactly those packages run install scripts that have one', () => {
    const withScript = Object.entries(readLock())
      .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
    expect(Object.keys(readManifest().allowScripts)).to.have.members([...new Set(withScript)])
  })

  it('locks every package by its hash, and names no registry', () => {
    const packages = Object.entries(readLock()).filter(([path]) => path !== '')
    expect(packages.length).to.be.greaterThan(100)
    const withoutHash = packages.filter(([, { integrity }]) => integrity === undefined)
    expect(withoutHash.map(([path]) => path)).to.deep.equal([])
    const withHost = packages.filter(([, { resolved }]) => resolved !== undefined)
    expect(withHost.map(([path]) => path)).to.deep.equal([])
  })

  it('does without the client for Kafka where that cannot be built', () => {
    const { dependencies, optionalDependencies } = readManifest()
    expect(optionalDependencies).to.have.all.keys('node-rdkafka')
    expect(dependencies).not.to.have.property('node-rdkafka')
    expect(readLock()['node_modules/node-rdkafka']?.optional).to.equal(true)
  })

  it('asks for a version of Node on which all of its dependencies run', () => {
    const { engines } = readManifest()
    expect(engines.node).to.equal('>=20.19')
    const newer = Object.entries(readLock()).filter(([path, locked]) => {
      const [, oldest = '0'] = /^>=\s*(\d+)[.\d]*$/.exec(locked.engines?.node ?? '') ?? []
      return path !== '' && Number(oldest) > 20
    })
    expect(newer.map(([path]) => path)).to.deep.equal([])
  })

  it('is under the license that its file has in full', () => {
    expect(readManifest().license).to.equal('Apache-2.0')
    const text = readText('LICENSE')
    expect(text).to.contain('Version 2.0, January 2004')
    expect(text).to.contain('END OF TERMS AND CONDITIONS')
  })

  it('exports the library and its test driver, and nothing else', () => {
    const exported = Object.keys(readManifest().exports)
    expect(exported).to.deep.equal(['.', './testing', './package.json'])
  })

  describe('as it is published', () => {
    let files: string[]

    before(() => {
      const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error']
      const output = execFileSync('npm', args, { cwd: packageRoot(), encoding: 'utf8' })
      files = packedFiles(JSON.parse(output))
    })

    it('has all that is needed to run', () => {
      const { bin } = readManifest()
      expect(files).to.include.members([
        ...Object.values(bin),
        'dist/index.js',
        'dist/index.d.ts',
        'dist/testing.js',
        'dist/testing.d.ts',
        'dist/jobs/police-calls/topology.js',
        'config/streams.properties',
        'config/server.properties',
        'config/replay.properties',
        'data/radio_code.json',
        'LICENSE',
        'README.md',
        'CHANGELOG.md',
        'package.json',
      ])
    })

    it('has no tests, benchmarks, sources or traces of a build', () => {
      const unwanted = files.filter(
        (path) =>
          /^(dist\/)?(test|bench)\//.test(path) ||
          /(^|\/)\.(ci|build|data|git)/.test(path) ||
          /\.(tsbuildinfo|map|log)$/.test(path) ||
          (/\.[cm]?ts$/.test(path) && !/\.d\.[cm]?ts$/.test(path)),
      )
      expect(unwanted).to.deep.equal([])
    })
  })
})

/** Newer versions of npm answer an object by package name, older ones an array. */
function packedFiles(output: unknown): string[] {
  const [packed] = Object.values(output as Record<string, { files: { path: string }[] }>)
  return (packed?.files ?? []).map(({ path }) => path)
}
