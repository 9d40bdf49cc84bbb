// Every supported type from a real PostgreSQL to JSON and protobuf, and what is said of the others.
import { expect } from 'chai'
import { writeFileSync } from 'node:fs'
import protobufjs from 'protobufjs'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { readTopic } from '../support/final-tables.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { recordsOf, runOnce, sourceConfig, sourceSettings, type SourceSettings } from './sources.ts'

/** Type, a value as SQL, and the JSON that it becomes, to the letter. */
const TYPES: readonly (readonly [type: string, sql: string, json: string])[] = [
  ['boolean', 'true', 'true'],
  ['boolean', 'false', 'false'],
  ['boolean', 'NULL', 'null'],
  ['smallint', '-32768', '-32768'],
  ['integer', '2147483647', '2147483647'],
  ['bigint', '9223372036854775807', '9223372036854775807'],
  ['real', '0.1', '0.1'],
  ['double precision', '0.30000000000000004', '0.30000000000000004'],
  ['double precision', '1e-300', '1e-300'],
  ['double precision', "'NaN'", '"NaN"'],
  ['double precision', "'-Infinity'", '"-Infinity"'],
  ['numeric(12,2)', '12.50', '"12.50"'],
  [
    'numeric',
    '123456789012345678901234567890.123456789',
    '"123456789012345678901234567890.123456789"',
  ],
  ['numeric', "'NaN'", '"NaN"'],
  ['numeric(5,2)', 'NULL', 'null'],
  ['text', `E'q"uote \\\\ tab\\t ä €'`, JSON.stringify('q"uote \\ tab\t ä €')],
  ['varchar(5)', "''", '""'],
  ['char(3)', "'a'", '"a  "'],
  ['uuid', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'],
  ['json', `'{"a": 1.10}'`, JSON.stringify('{"a": 1.10}')],
  ['jsonb', `'{"b":[1,null]}'`, JSON.stringify('{"b": [1, null]}')],
  ['bytea', `'\\xdeadbeef'`, '"3q2+7w=="'],
  ['bytea', `''`, '""'],
  ['date', "'1970-01-02'", '1'],
  ['date', "'0044-03-15 BC'", '-735160'],
  ['time', "'01:02:03.004567'", '3723004'],
  ['timestamp', "'2018-10-01 00:00:00.123999'", '1538352000123'],
  ['timestamp', "'1969-12-31 23:59:59.5'", '-500'],
  ['timestamptz', "'2018-10-01 00:00:00-05'", '1538370000000'],
  ['timestamptz', 'NULL', 'null'],
  ['inet', "'10.0.0.1/8'", '"10.0.0.1/8"'],
  ['color', "'light green'", '"light green"'],
  ['price', '3.10', '"3.10"'],
  ['integer[]', 'ARRAY[1,NULL,3]', '[1,null,3]'],
  ['integer[]', "'{}'", '[]'],
  ['integer[]', "'[0:1]={7,8}'", '[7,8]'],
  ['integer[]', 'ARRAY[ARRAY[1,2],ARRAY[3,4]]', '[[1,2],[3,4]]'],
  ['text[]', `ARRAY['a"b','NULL',NULL,'','x,{y}']`, '["a\\"b","NULL",null,"","x,{y}"]'],
  ['numeric(6,3)[]', 'ARRAY[1.100]', '["1.100"]'],
  ['timestamptz[]', "ARRAY['1970-01-01 00:00:01+00'::timestamptz]", '[1000]'],
  ['color[]', "ARRAY['red']::color[]", '["red"]'],
]

describe('the types of PostgreSQL', function () {
  this.timeout(120_000)
  const logs = embeddedLogs()
  const files = temporaryDirectory()
  let postgres: Postgres

  before(async () => {
    postgres = await startPostgres()
    await run("CREATE TYPE color AS ENUM ('red', 'light green')")
    await run('CREATE DOMAIN price AS numeric(8,2) CHECK (VALUE >= 0)')
    const columns = TYPES.map(([type], i) => `c${i} ${type}`)
    await run(`CREATE TABLE types (id int PRIMARY KEY, ${columns.join(', ')})`)
    await run(`INSERT INTO types VALUES (1, ${TYPES.map(([, sql]) => sql).join(', ')})`)
  })
  after(() => postgres.stop())

  const run = (sql: string): Promise<unknown> => postgres.owner.query(sql)
  const config = (name: string, settings: SourceSettings) =>
    sourceConfig(
      files(`${name}.properties`),
      sourceSettings(postgres.url, { name, 'table.whitelist': name, mode: 'bulk', ...settings }),
    )

  it('keep their values in JSON, to the last digit', async () => {
    const broker = await logs.open('types')
    await runOnce(broker, config('types', {}))
    const values: string[] = []
    await readTopic(broker, 'types', ({ value }) => {
      values.push(String(value))
    })
    const cells = TYPES.map(([, , json], i) => `"c${i}":${json}`)
    expect(values).to.deep.equal([`{"id":1,${cells.join(',')}}`])
  })

  it('become numbers as numeric.mapping says', async () => {
    await run(
      'CREATE TABLE numerics (a numeric(9,0), b numeric(18,2), c numeric(20,2), d numeric, e numeric(25,0))',
    )
    await run('INSERT INTO numerics VALUES (12, 1.5, 2.25, 3.125, 4)')
    const mapped = async (mapping: string): Promise<unknown> => {
      const broker = await logs.open(mapping)
      await runOnce(broker, config('numerics', { 'numeric.mapping': mapping }))
      return (await recordsOf(broker, 'numerics'))[0]?.value
    }
    const texts = { a: '12', b: '1.50', c: '2.25', d: '3.125', e: '4' }
    expect(await mapped('none')).to.deep.equal(texts)
    expect(await mapped('precision_only')).to.deep.equal({ ...texts, a: 12 })
    expect(await mapped('best_fit')).to.deep.equal({ ...texts, a: 12, b: 1.5 })
    expect(await mapped('best_fit_eager_double')).to.deep.equal({
      ...texts,
      a: 12,
      b: 1.5,
      c: 2.25,
    })
  })

  it('have times as fine as timestamp.granularity says, in the zone of db.timezone', async () => {
    await run('CREATE TABLE times (t timestamp, tz timestamptz)')
    await run(
      `INSERT INTO times VALUES ('2018-07-01 12:00:00.123456', '2018-07-01 12:00:00.123456Z')`,
    )
    const value = async (granularity: string): Promise<string> => {
      const broker = await logs.open(granularity)
      const settings = { 'timestamp.granularity': granularity, 'db.timezone': 'America/Chicago' }
      await runOnce(broker, config('times', settings))
      let text = ''
      await readTopic(broker, 'times', ({ value: bytes }) => {
        text = String(bytes)
      })
      return text
    }
    expect(await value('connect_logical')).to.equal('{"t":1530464400123,"tz":1530446400123}')
    expect(await value('micros_long')).to.equal('{"t":1530464400123456,"tz":1530446400123456}')
    expect(await value('nanos_string')).to.equal(
      '{"t":"1530464400123456000","tz":"1530446400123456000"}',
    )
  })

  it('are refused by name where they are not supported, with what to do', async () => {
    await run('CREATE TABLE odd (id int, place point)')
    const failure = await failureOf('odd', {})
    expect(failure).to.have.property('code', 'MILLRACE_POSTGRES_COLUMN')
    expect(failure.message).to.match(/column place of table odd has type point.*place::text/)
  })

  it('are refused where a value is no time', async () => {
    await run(
      `CREATE TABLE endless (id int, at timestamptz); INSERT INTO endless VALUES (7, 'infinity')`,
    )
    const failure = await failureOf('endless', {})
    expect(failure).to.have.property('code', 'MILLRACE_POSTGRES_VALUE')
    expect(failure.message).to.match(
      /table endless, row with id=7: the value infinity of column at/,
    )
  })

  it('go into the fields of a protobuf message, and a null into none', async () => {
    const proto = files('stations.proto')
    const source = `syntax = "proto3"; package city;
      message Station {
        int32 id = 1; int64 large = 2; string name = 3; bool open = 4; optional string line = 5;
        bytes mark = 6; double rides = 7; repeated int32 stops = 8; int64 changed = 9; string fare = 10;
      }`
    writeFileSync(proto, source)
    await run(
      'CREATE TABLE stations (id int, large bigint, name text, open boolean, line text, mark bytea, rides float8, stops int[], changed timestamptz, fare numeric(6,2))',
    )
    const row = `'Clark/Lake', true, NULL, '\\x0102', 0.5, ARRAY[1,2], '1970-01-01 00:00:01Z', 2.50`
    await run(`INSERT INTO stations VALUES (1, 9223372036854775807, ${row})`)
    const broker = await logs.open('protobuf')
    const settings = {
      'value.converter': 'io.confluent.connect.protobuf.ProtobufConverter',
      'value.converter.proto.file': proto,
      'value.converter.proto.message': 'city.Station',
      'key.column.name': 'name, id',
    }
    await runOnce(broker, config('stations', settings))
    const type = protobufjs.parse(source).root.lookupType('city.Station')
    const found: unknown[] = []
    await readTopic(broker, 'stations', ({ key, value }) => {
      const options = { longs: String, bytes: String, defaults: false }
      found.push([String(key), type.toObject(type.decode(value!), options)])
    })
    const message = {
      ...{ id: 1, large: '9223372036854775807', name: 'Clark/Lake', open: true, mark: 'AQI=' },
      ...{ rides: 0.5, stops: [1, 2], changed: '1000', fare: '2.50' },
    }
    expect(found).to.deep.equal([['{"name":"Clark/Lake","id":1}', message]])

    await run('UPDATE stations SET name = NULL')
    const failure = await failureOf('stations', { ...settings, 'key.column.name': 'id' })
    expect(failure.message).to.match(/row with id=1: Station: name: it is missing/)
    await run('ALTER TABLE stations ADD zone int')
    const lost = await failureOf('stations', settings)
    expect(lost).to.have.property('code', 'MILLRACE_SOURCE_SCHEMA')
    expect(lost.message).to.match(/message Station has no field for column zone/)
  })

  it('make keys: a text of one column, JSON where that is asked for; null is refused', async () => {
    await run(`CREATE TABLE keyed (id int, name text); INSERT INTO keyed VALUES (5, 'five')`)
    const keyOf = async (settings: SourceSettings): Promise<string | null | undefined> => {
      const broker = await logs.open(JSON.stringify(settings).replace(/\W/g, ''))
      await runOnce(broker, config('keyed', settings))
      return (await recordsOf(broker, 'keyed'))[0]?.key
    }
    expect(await keyOf({})).to.equal(null)
    expect(await keyOf({ 'key.column.name': 'id' })).to.equal('5')
    expect(await keyOf({ 'key.column.name': 'name' })).to.equal('five')
    const json = { 'key.converter': 'org.apache.kafka.connect.json.JsonConverter' }
    expect(await keyOf({ 'key.column.name': 'name', ...json })).to.equal('"five"')
    await run('UPDATE keyed SET name = NULL')
    const failure = await failureOf('keyed', { 'key.column.name': 'name' })
    expect(failure.message).to.match(/row with id=5: the value null of column name cannot be a key/)
  })

  async function failureOf(name: string, settings: SourceSettings): Promise<Error> {
    const broker = await logs.open(`failure-${name}`)
    try {
      await runOnce(broker, config(name, settings))
    } catch (error) {
      return error as Error
    }
    throw new Error('it was expected to fail')
  }
})
