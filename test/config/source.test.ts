import { expect } from 'chai'
import { writeFileSync } from 'node:fs'
import { ConfigError } from '../../config/config-error.ts'
import { serverKeys } from '../../config/server-keys.ts'
import { sourceKeys } from '../../config/source-keys.ts'
import { loadSource, type SourceConfig } from '../../config/source.ts'
import { streamsKeys } from '../../config/streams-keys.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'

const STATIONS = {
  name: 'stations',
  'connection.url': 'jdbc:postgresql://localhost:5432/cta',
  'table.whitelist': 'stations',
  mode: 'incrementing',
  'incrementing.column.name': 'stop_id',
}

describe('the file of a source', () => {
  const file = temporaryDirectory()

  const load = (
    settings: Readonly<Record<string, string>>,
    overrides: Readonly<Record<string, string>> = {},
  ): SourceConfig => {
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
    writeFileSync(file('source.properties'), lines.join('\n'))
    const env = { PASSWORD: 'secret-of-reader' }
    return loadSource({ file: file('source.properties'), overrides, env })
  }
  const problemsOf = (settings: Readonly<Record<string, string>>): string => {
    try {
      load(settings)
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError)
      return (error as ConfigError).problems
        .map(({ key, message }) => `${key}: ${message}`)
        .join('\n')
    }
    return ''
  }

  it('takes the file of a JDBC source connector as it is', () => {
    const config = load({
      ...STATIONS,
      'connector.class': 'io.confluent.connect.jdbc.JdbcSourceConnector',
      'tasks.max': '1',
      'connection.user': 'cta_admin',
      'connection.password': '${env:PASSWORD}',
      'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'key.converter.schemas.enable': 'false',
      'key.column.name': 'stop_id',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'batch.max.rows': '500',
      'topic.prefix': 'org.chicago.cta.',
      'poll.interval.ms': '60000',
    })
    expect(config).to.deep.include({
      connectionUrl: 'postgresql://localhost:5432/cta',
      connectionPassword: 'secret-of-reader',
      tableWhitelist: ['stations'],
      keyConverter: 'json',
      offsetsStorageTopic: 'stations-offsets',
    })
    expect(JSON.stringify(config.entries)).not.to.contain('secret-of-reader')
  })

  it('lets what is set on the command line win', () => {
    expect(load(STATIONS, { 'batch.max.rows': '7' }).batchMaxRows).to.equal(7)
  })

  it('names everything that is missing', () => {
    const problems = problemsOf({ mode: 'timestamp+incrementing' })
    const missing = ['name', 'connection.url', 'table.whitelist']
    for (const key of [...missing, 'incrementing.column.name', 'timestamp.column.name']) {
      expect(problems).to.match(new RegExp(`^${key.replaceAll('.', '\\.')}: is missing: `, 'm'))
    }
  })

  it('refuses unknown keys, and says which one was meant or what to do instead', () => {
    const problems = problemsOf({
      ...STATIONS,
      'poll.intervall.ms': '5',
      query: 'SELECT 1',
      'transforms.createKey.fields': 'id',
      'table.blacklist': 'x',
      'commit.interval.ms': '5',
    })
    expect(problems).to.contain(
      'poll.intervall.ms: is not a key of a source: did you mean poll.interval.ms?',
    )
    expect(problems).to.match(/^query: .*make it a view/m)
    expect(problems).to.match(/^transforms.createKey.fields: .*key.column.name/m)
    expect(problems).to.match(/^table.blacklist: .*table.whitelist/m)
    expect(problems).to.match(/^commit.interval.ms: .*--set/m)
  })

  it('says of a mode or a converter that is none only that, and nothing of what either would need', () => {
    const proto = { 'value.converter.proto.file': 'x.proto' }
    const lines = problemsOf({ ...STATIONS, mode: 'incremental', ...proto }).split('\n')
    expect(lines).to.have.length(2)
    expect(lines[0]).to.match(/^mode: /)
    const converter = problemsOf({ ...STATIONS, 'value.converter': 'protobuff', ...proto })
    expect(converter).to.match(/^value.converter: [^\n]*$/)
    const { mode: _mode, ...others } = STATIONS
    expect(problemsOf(others)).to.match(/^mode: is missing: [^\n]*$/)
  })

  it('refuses keys without effect, and contradictions', () => {
    const problems = problemsOf({
      ...STATIONS,
      'timestamp.column.name': 'changed',
      'timestamp.delay.interval.ms': '5',
      'deleted.column.name': 'gone',
      'value.converter.proto.file': 'x.proto',
      'table.whitelist': 'a.stations, b.stations',
    })
    expect(problems).to.match(/^timestamp.column.name: has no effect: mode=incrementing/m)
    expect(problems).to.match(/^timestamp.delay.interval.ms: has no effect/m)
    expect(problems).to.match(/^deleted.column.name: has no effect/m)
    expect(problems).to.match(/^key.column.name: is missing/m)
    expect(problems).to.match(/^value.converter.proto.file: has no effect/m)
    expect(problems).to.match(
      /^table.whitelist: b.stations would be read into the topic of another/m,
    )
  })

  it('refuses a password in the address, and never shows it', () => {
    for (const url of [
      'postgresql://me:secret-word@localhost/cta',
      'jdbc:postgresql://localhost/cta?user=me&password=secret-word',
    ]) {
      const problems = problemsOf({ ...STATIONS, 'connection.url': url })
      expect(problems).to.match(/connection.url: .*connection.password/)
      expect(problems).not.to.contain('secret-word')
    }
  })

  it('shares no key with those of the jobs: --set would not know which one is meant', () => {
    const others = new Set([...Object.keys(streamsKeys), ...Object.keys(serverKeys)])
    expect(Object.keys(sourceKeys).filter((key) => others.has(key))).to.deep.equal([])
  })
})
