import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { readCompose, serviceOf } from './compose-file.ts'

/** Instructions with their arguments, continued lines joined. */
const instructions = readFileSync('Dockerfile', 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => ({ word: line.split(' ', 1)[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }))
const ignored = readFileSync('.dockerignore', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

const ADDON = 'broker/native/build/Release/millrace.node'

function argumentsOf(word: string): string[] {
  return instructions.filter((found) => found.word === word).map(({ rest }) => rest)
}

describe('the Dockerfile', () => {
  it('copies from the project only what is there and not ignored', () => {
    const copied = argumentsOf('COPY').filter((rest) => !rest.startsWith('--from'))
    expect(copied).not.to.deep.equal([])
    for (const source of copied.flatMap((rest) => rest.split(' ').slice(0, -1))) {
      expect(existsSync(source), source).to.equal(true)
      expect(ignored).not.to.include(source)
    }
  })

  it('copies into the running image only what the build has made or taken', () => {
    const made = ['dist', 'node_modules', ADDON]
    for (const rest of argumentsOf('COPY').filter((found) => found.startsWith('--from'))) {
      const [, from = ''] = /^--from=build \/app\/(\S+) /.exec(rest) ?? []
      expect(made.includes(from) || existsSync(from), rest).to.equal(true)
      if (!made.includes(from)) expect(ignored, rest).not.to.include(from)
    }
  })

  it('builds and runs on the same Debian and a Node that the package allows', () => {
    const bases = argumentsOf('FROM').map((rest) => rest.split(' '))
    expect(bases.map(([image]) => image)).to.deep.equal([
      'node:24-bookworm',
      'node:24-bookworm-slim',
    ])
    const stages = bases.map(([, , name]) => name)
    const compose = readCompose()
    for (const name of ['app', 'replay']) {
      expect(stages).to.include(serviceOf(compose, name).build?.target)
    }
  })

  it('runs as a user without rights, and node gets the signals', () => {
    expect(argumentsOf('USER')).to.deep.equal(['node'])
    const command = JSON.parse(argumentsOf('CMD').join()) as string[]
    expect(command).to.deep.equal(['millrace', 'start', 'police-calls'])
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      bin: { millrace: string }
    }
    expect(argumentsOf('RUN').join()).to.include(`ln -s /app/${bin.millrace} /usr/local/bin`)
  })

  it('proves that the Kafka client has its codecs, and loads after it was trimmed', () => {
    const runs = argumentsOf('RUN').join('\n')
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd', 'ssl', 'sasl_scram']) {
      expect(runs).to.include(`'${codec}'`)
    }
    expect(runs.match(/require\('node-rdkafka'\)/g)).to.have.length(3)
    expect(runs.split(`require('./${ADDON}')`)).to.have.length(3)
    expect(runs).not.to.match(/MAKEFLAGS|JOBS/)
  })
})
