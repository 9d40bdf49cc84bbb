import { expect } from 'chai'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config, ConfigError } from '../../config/config.ts'
import { ConfigWatch } from '../../config/watch.ts'
import { until } from '../support/until.ts'

describe('the watch over the configuration files', () => {
  let directory: string
  let watch: ConfigWatch | undefined
  let loaded: Config[]
  let refused: ConfigError[]

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-watch-'))
    loaded = []
    refused = []
    write('commit.interval.ms=100')
    watch = new ConfigWatch({
      directory,
      onLoaded: (config) => loaded.push(config),
      onRefused: (error) => refused.push(error),
      settleMs: 20,
      pollMs: 100,
    })
  })
  afterEach(() => {
    watch?.close()
    rmSync(directory, { recursive: true })
  })

  const file = (): string => join(directory, 'streams.properties')
  const write = (text: string): void => writeFileSync(file(), text)
  const interval = (): number | undefined => loaded.at(-1)?.streams.commitIntervalMs

  it('reads the files at the start, so that no edit falls between two looks', () => {
    expect(loaded).to.have.length(1)
    expect(interval()).to.equal(100)
  })

  it('tells of an edit in place, and of another file in its place', async () => {
    write('commit.interval.ms=50')
    await until('the edit is read', () => interval() === 50)
    const other = join(directory, '.streams.properties.swp')
    writeFileSync(other, 'commit.interval.ms=25')
    renameSync(other, file())
    await until('the other file is read', () => interval() === 25)
    expect(refused).to.deep.equal([])
  })

  it('never takes a file that is being written, empty or away for a moment, for one without keys', async () => {
    const seen = (): (number | undefined)[] => loaded.map(({ streams }) => streams.commitIntervalMs)
    write('')
    setTimeout(() => write('commit.interval.ms=60'), 200)
    await until('the text is back', () => interval() === 60)
    renameSync(file(), `${file()}~`)
    setTimeout(() => write('commit.interval.ms=70'), 200)
    await until('the file is back', () => interval() === 70)
    expect(seen()).to.deep.equal([100, 60, 70])
    expect(refused).to.deep.equal([])
  })

  it('refuses an edit with file, line and key, and goes on to the next one', async () => {
    write('poll.ms=5\ncommit.interval.ms=often\ncomit.interval.ms=5')
    await until('it is refused', () => refused.length > 0)
    expect(refused[0]!.problems.map(({ source, key }) => [source, key])).to.deep.equal([
      [`${file()}:3`, 'comit.interval.ms'],
      [`${file()}:2`, 'commit.interval.ms'],
    ])
    expect(loaded).to.have.length(1)
    write('commit.interval.ms=80')
    await until('it is mended', () => interval() === 80)
    expect(refused).to.have.length(1)
  })

  it('refuses that a file is gone for good, once, and takes it when it is back', async () => {
    rmSync(file())
    writeFileSync(join(directory, 'server.properties'), 'server.port=0')
    await until('it is refused', () => refused.length > 0)
    expect(refused[0]!.message).to.equal(
      `${file()}: file: is gone: put it back; what it said stays in effect`,
    )
    write('commit.interval.ms=90')
    await until('it is back', () => interval() === 90)
    expect(refused).to.have.length(1)
    expect(loaded).to.have.length(2)
  })
})
