import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeConfig, loadConfig, type Config, type Settings } from '../../config/config.ts'
import { changesBetween, configHash, isHot, withHot } from '../../config/hot.ts'
import { packageRoot } from '../../config/package-root.ts'
import { replayKeys } from '../../config/replay-keys.ts'
import { serverKeys } from '../../config/server-keys.ts'
import { streamsKeys } from '../../config/streams-keys.ts'

const kafka = { 'bootstrap.servers': 'host:9092' }
const configOf = (overrides: Settings = {}): Config => loadConfig({ overrides, env: { WORD: 'b' } })

describe('what may change while a job runs', () => {
  it('is marked in the files that people edit, and nothing else is', () => {
    const keys = Object.keys({ ...streamsKeys, ...serverKeys, ...replayKeys })
    const text = ['streams', 'server', 'replay']
      .map((name) => readFileSync(join(packageRoot(), 'config', `${name}.properties`), 'utf8'))
      .join('\n')
    // One comment may be for several keys that follow each other.
    const blocks = text.matchAll(/((?:^#(?: .*)?\n)+)((?:^#?[a-z][\w.]*=.*\n?)+)/gm)
    const marked = [...blocks].flatMap(([, comment = '', settings = '']) =>
      comment.trimEnd().endsWith('(hot)')
        ? [...settings.matchAll(/^#?([a-z][\w.]*)=/gm)].map(([, key]) => key!)
        : [],
    )
    expect(marked.sort()).to.deep.equal(keys.filter(isHot).sort())
  })

  it('is told apart from what waits for a restart, with the values as they may be shown', () => {
    const before = configOf({ 'commit.interval.ms': 100, ...kafka, 'sasl.password': 'a' })
    const after = configOf({
      'commit.interval.ms': 50,
      'num.stream.threads': 3,
      'server.port': 9,
      ...kafka,
      'sasl.password': '${env:WORD}',
      'producer.linger.ms': 7,
    })
    const changes = changesBetween(before, after).map(({ key, from, to, hot }) => [
      key,
      from,
      to,
      hot,
    ])
    expect(changes).to.deep.equal([
      ['num.stream.threads', undefined, '3', true],
      ['commit.interval.ms', '100', '50', true],
      ['server.port', '8080', '9', false],
      ['sasl.password', '***', '***', false],
      ['producer.linger.ms', undefined, '7', false],
    ])
    expect(changesBetween(after, after)).to.deep.equal([])
  })

  it('takes effect, and the rest stays as it was', () => {
    const before = configOf({ 'commit.interval.ms': 100, 'replay.rate': 5 })
    const after = configOf({
      'commit.interval.ms': 50,
      'application.id': 'other',
      'server.port': 9,
      'replay.speed': 2,
      'replay.limit': 1,
    })
    const now = withHot(before, after)
    expect(now.streams.commitIntervalMs).to.equal(50)
    expect(now.streams.applicationId).to.equal(undefined)
    expect(now.server.port).to.equal(8080)
    expect(now.replay).to.include({ rate: undefined, speed: 2, limit: undefined })
    const shown = new Map(describeConfig(now).map(({ key, value }) => [key, value]))
    expect(shown.get('commit.interval.ms')).to.equal('50')
    expect(shown.get('replay.speed')).to.equal('2')
    expect([...shown.keys()]).not.to.include.members(['application.id', 'replay.rate'])
    expect(changesBetween(now, after).map(({ key }) => key)).to.deep.equal([
      'application.id',
      'server.port',
      'replay.limit',
    ])
    expect(Object.isFrozen(now.streams)).to.equal(true)
    expect(configHash(now)).not.to.equal(configHash(before))
    expect(configHash(withHot(before, before))).to.equal(configHash(before))
  })
})
