import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Properties } from 'properties-file/parser'
import {
  ConfigError,
  describeConfig,
  loadConfig,
  streamsConfig,
  type Config,
  type Settings,
  type StreamsConfig,
} from '../../config/config.ts'
import { packageRoot } from '../../config/package-root.ts'
import { replayKeys } from '../../config/replay-keys.ts'
import { serverKeys } from '../../config/server-keys.ts'
import { streamsKeys } from '../../config/streams-keys.ts'

const kafka = { 'bootstrap.servers': 'host:9092' }

describe('the configuration', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-config-'))
  })

  afterEach(() => {
    rmSync(directory, { recursive: true })
  })

  const write = (name: string, ...lines: string[]) => {
    writeFileSync(join(directory, name), lines.join('\n'))
  }

  describe('from files', () => {
    it('gives typed values by property name, and defaults for what the files leave out', () => {
      write('streams.properties', 'application.id = calls', 'commit.interval.ms=50')
      write('server.properties', 'server.port: 0')
      const config = loadConfig({ directory })
      const streams: StreamsConfig = config.streams
      const commitIntervalMs: number = streams.commitIntervalMs
      const guarantee: 'at_least_once' | 'exactly_once_v2' = streams.processingGuarantee
      const port: number = config.server.port
      const rate: number | undefined = config.replay.rate
      expect({ commitIntervalMs, guarantee, port, rate }).to.deep.equal({
        commitIntervalMs: 50,
        guarantee: 'at_least_once',
        port: 0,
        rate: undefined,
      })
      expect(streams.applicationId).to.equal('calls')
      expect(config.replay.sortMemoryBytes).to.equal(268_435_456)
    })

    it('is frozen through and through, and can be sent to a worker', () => {
      const config = loadConfig()
      expect(Object.isFrozen(config)).to.equal(true)
      expect(Object.isFrozen(config.streams)).to.equal(true)
      expect(Object.isFrozen(config.streams.kafka.consumer)).to.equal(true)
      expect(Object.isFrozen(config.streams.kafka)).to.equal(true)
      expect(Object.isFrozen(config.server)).to.equal(true)
      expect(structuredClone(config)).to.deep.equal(config)
    })

    it('lets overrides win over a file', () => {
      write('streams.properties', 'poll.ms=7', 'emit.interval.ms=9')
      const { streams } = loadConfig({ directory, overrides: { 'poll.ms': '3' } })
      expect(streams.pollMs).to.equal(3)
      expect(streams.emitIntervalMs).to.equal(9)
    })

    it('finds all problems at once, each with its file, line and key', () => {
      write('streams.properties', '# a comment', 'commit.intervall.ms=5', '', 'poll.ms=soon')
      write('server.properties', 'server.port=70000')
      const error = problemsOf(() => loadConfig({ directory, overrides: { 'replay.order': 'x' } }))
      expect(error.problems.map(({ source, key }) => `${source} ${key}`)).to.have.members([
        `${directory}/streams.properties:2 commit.intervall.ms`,
        `${directory}/streams.properties:4 poll.ms`,
        `${directory}/server.properties:1 server.port`,
        '--set replay.order',
      ])
      expect(error.code).to.equal('MILLRACE_CONFIG')
      expect(error.message.split('\n')).to.have.length(4)
    })

    it('refuses a key that stands twice in one file, and names both lines', () => {
      write('streams.properties', 'poll.ms=1', 'poll.ms=2')
      const { message } = problemsOf(() => loadConfig({ directory }))
      expect(message).to.contain('streams.properties:2: poll.ms: is set before, in line 1')
    })

    it('refuses a key in the wrong file, and says where it belongs', () => {
      write('streams.properties', 'server.port=1')
      const { message } = problemsOf(() => loadConfig({ directory }))
      expect(message).to.contain('server.port: belongs in server.properties')
    })

    it('calls an unknown key unknown, whichever file it stands in', () => {
      write('server.properties', 'poll.mss=1')
      const { problems } = problemsOf(() => loadConfig({ directory }))
      expect(problems.map(({ message }) => message)).to.deep.equal([
        'is not a key of Millrace: did you mean poll.ms?',
      ])
    })

    it('refuses a directory that is not there', () => {
      const { message } = problemsOf(() => loadConfig({ directory: join(directory, 'none') }))
      expect(message).to.contain('there is no such directory')
    })

    it('refuses a directory without any of the files', () => {
      const { message } = problemsOf(() => loadConfig({ directory }))
      expect(message).to.contain('has none of streams.properties')
    })
  })

  describe('variables and secrets', () => {
    it('fills in ${env:NAME}, and never shows what came from it', () => {
      write('streams.properties', 'bootstrap.servers=${env:BROKER}:9092', 'client.id=x')
      const config = loadConfig({ directory, env: { BROKER: 'hidden-host' } })
      expect(config.streams.bootstrapServers.address).to.equal('hidden-host:9092')
      expect(JSON.stringify(describeConfig(config))).not.to.contain('hidden-host')
    })

    it('names a variable that is missing', () => {
      write('streams.properties', 'client.id=${env:WHO}')
      const { message } = problemsOf(() => loadConfig({ directory, env: {} }))
      expect(message).to.contain('streams.properties:1: client.id')
      expect(message).to.contain('no variable WHO')
    })

    it('does not print a bad value that came from the environment', () => {
      write('streams.properties', 'poll.ms=${env:PASS}')
      const { message } = problemsOf(() => loadConfig({ directory, env: { PASS: 'tell-nobody' } }))
      expect(message).to.contain('its value is not a whole number')
      expect(message).not.to.contain('tell-nobody')
    })

    const secrets = [
      'sasl.password',
      'ssl.key.password',
      'ssl.keystore.password',
      'ssl.key.pem',
      'sasl.oauthbearer.client.secret',
      'consumer.sasl.password',
      'producer.ssl.key.password',
    ]
    for (const key of secrets) {
      it(`hides ${key} wherever the configuration is shown`, () => {
        const { entries, kafka: settings } = streamsConfig({ ...kafka, [key]: 'tell-nobody' })
        expect(JSON.stringify(settings)).to.contain('tell-nobody')
        expect(JSON.stringify(entries)).not.to.contain('tell-nobody')
        expect(entries).to.deep.include({ key, value: '***', source: 'settings' })
      })
    }
  })

  describe('keys', () => {
    const refused: readonly [key: string, value: string, hint: string, settings?: Settings][] = [
      ['commit.intervall.ms', '1', 'did you mean commit.interval.ms?'],
      ['num.streams.threads', '1', 'did you mean num.stream.threads?'],
      ['Server.Port', '1', 'did you mean server.port?'],
      ['bootstrap.server', 'x', 'did you mean bootstrap.servers?'],
      ['completely.unrelated.nonsense', 'x', 'config/*.properties list all keys'],
      ['maxOffsetPerTrigger', '200', 'Spark ignores it too'],
      ['spark.sql.shuffle.partitions', '2', 'there is no Spark here'],
      ['cache.max.bytes.buffering', '0', "emit: 'on-update-coalesced'"],
      ['default.key.serde', 'x', 'serdes are declared in the topology'],
      ['auto.offset.reset', 'earliest', 'write consumer.auto.offset.reset'],
      ['acks', 'all', 'write producer.acks'],
      ['consumer.', 'x', 'is not a key'],
      ['state.dir', 'x', "state lives in the log's directory"],
      ['replication.factor', '3', 'no effect with the embedded log'],
      ['consumer.fetch.min.bytes', '1', 'no effect with the embedded log'],
      ['sasl.username', 'x', 'no effect with the embedded log'],
      ['producer.auto.offset.reset', 'earliest', 'a producer reads nothing', kafka],
      ['consumer.group.id', 'x', 'the consumer group is application.id', kafka],
      [
        'consumer.isolation.level',
        'read_uncommitted',
        'contradicts processing.guarantee',
        { ...kafka, 'processing.guarantee': 'exactly_once_v2' },
      ],
      ['replay.speed', '2', 'together with replay.rate', { 'replay.rate': 5 }],
    ]
    for (const [key, value, hint, settings = {}] of refused) {
      it(`refuses ${key}=${value}${settings === kafka ? ' with Kafka' : ''}: ${hint}`, () => {
        const { problems } = problemsOf(() => streamsConfig({ ...settings, [key]: value }))
        expect(problems).to.have.length(1)
        expect(problems[0]).to.include({ key, source: 'settings' })
        expect(problems[0]?.message).to.contain(hint)
      })
    }

    it('accepts exactly_once_v2 with the embedded log', () => {
      const { processingGuarantee } = streamsConfig({ 'processing.guarantee': 'exactly_once_v2' })
      expect(processingGuarantee).to.equal('exactly_once_v2')
    })

    it('hands settings for Kafka on by client, without their prefix', () => {
      const settings = {
        ...kafka,
        'consumer.auto.offset.reset': 'earliest',
        'producer.linger.ms': 5,
        'admin.request.timeout.ms': 9,
        'security.protocol': 'ssl',
        'ssl.ca.location': '/ca',
        'sasl.username': 'u',
      }
      expect(streamsConfig(settings).kafka).to.deep.equal({
        common: { 'security.protocol': 'ssl', 'ssl.ca.location': '/ca', 'sasl.username': 'u' },
        consumer: { 'auto.offset.reset': 'earliest' },
        producer: { 'linger.ms': '5' },
        admin: { 'request.timeout.ms': '9' },
      })
    })

    it('keeps formats by topic', () => {
      const { topicFormats } = streamsConfig({ 'topic.format.police.calls': 'protobuf' })
      expect(topicFormats).to.deep.equal({ 'police.calls': 'protobuf' })
    })

    it('takes a key with nothing behind the equals sign as unset', () => {
      expect(
        streamsConfig({ 'commit.interval.ms': '', 'state.dir': '' }).commitIntervalMs,
      ).to.equal(100)
    })
  })

  describe('the shipped files', () => {
    const files = [
      ['streams.properties', streamsKeys],
      ['server.properties', serverKeys],
      ['replay.properties', replayKeys],
    ] as const

    it('load, and change no default', () => {
      const { streams, server, replay } = loadConfig({ env: {} })
      write('streams.properties', '')
      const defaults = loadConfig({ directory, env: {} })
      const plain = ({ entries: _entries, ...values }: Config[keyof Config]) => values
      expect(plain(streams)).to.deep.equal(plain(defaults.streams))
      expect(plain(server)).to.deep.equal(plain(defaults.server))
      expect(plain(replay)).to.deep.equal(plain(defaults.replay))
    })

    for (const [name, table] of files) {
      const shipped = () => readFileSync(join(packageRoot(), 'config', name), 'utf8')

      it(`explain every key of ${name} in a comment above it, and show its default`, () => {
        for (const [key, { fallback }] of Object.entries(table)) {
          const lines = shipped().split('\n')
          const line = lines.findIndex((text) => text.replace(/^#/, '').startsWith(`${key}=`))
          expect(line, key).to.be.greaterThan(0)
          // Keys that belong together stand under one comment.
          expect(lines[line - 1], key).to.match(/^#/)
          const written = lines[line]?.split('=')[1]
          if (typeof fallback !== 'object' && fallback !== undefined) {
            expect(written, key).to.equal(String(fallback))
          }
        }
      })

      it(`parse with every key of ${name} uncommented`, () => {
        const all = shipped().replace(/^#(?=[\w.]+=)/gm, '')
        const settings = Object.fromEntries(
          new Properties(all).getProperties().map(({ key, value }) => [key, value]),
        )
        expect(Object.keys(settings)).to.include.members(Object.keys(table))
        if (name === 'replay.properties') delete settings['replay.speed']
        const broker = name === 'streams.properties' ? kafka : {}
        const overrides = { ...settings, ...broker }
        expect(() => loadConfig({ overrides, env: { KAFKA_PASSWORD: 'x' } })).not.to.throw()
      })
    }
  })
})

function problemsOf(load: () => unknown): ConfigError {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('no ConfigError was thrown')
}
