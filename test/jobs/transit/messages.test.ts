// The messages of the transit job: types that follow their .proto, and changes that break nobody.
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../../config/package-root.ts'
import { arrivals, entries, weather } from '../../../jobs/transit/topics.ts'
import { messagesOf } from '../../../jobs/transit/write-messages.ts'
import { SerdeError } from '../../../topology/errors.ts'
import { toBytes } from '../../../topology/serdes/serde.ts'
import { incompatibilities } from '../../support/proto-compatibility.ts'

const read = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8')
const proto = read('jobs/transit/transit.proto')
const arrival = {
  timestamp: 1,
  train_id: 'RL001',
  line: 'red',
  station_id: 41400,
  direction: 'a',
  train_status: 'in_service',
}

describe('the messages of the transit job', () => {
  it('have the types that their .proto file says', () => {
    expect(read('jobs/transit/messages.ts')).to.equal(messagesOf(proto))
  })

  it('can be read by the last release, and those of the last release now', () => {
    expect(
      incompatibilities(read('test/fixtures/last-release/transit.proto'), proto),
    ).to.deep.equal([])
  })

  it('come back as they were, as protobuf and as JSON', () => {
    const values = [arrival, { ...arrival, prev_station_id: 40450, prev_direction: 'b' }]
    for (const serde of Object.values(arrivals.formats)) {
      for (const value of values) {
        const bytes = toBytes(serde, value)
        expect(serde.deserialize(bytes, 0, bytes.length)).to.deep.equal(value)
      }
    }
  })

  it('are refused with a wrong type or without a field, by its name', () => {
    const { formats } = arrivals
    for (const serde of Object.values(formats)) {
      const { line: _, ...without } = arrival
      expect(() => toBytes(serde, without as never), serde.name).to.throw(SerdeError, /\bline\b/)
      const wrong = { ...arrival, station_id: 'x' } as never
      expect(() => toBytes(serde, wrong), serde.name).to.throw(SerdeError, /\bstation_id\b/)
      const misspelt = { ...arrival, prev_staton_id: 40450 }
      expect(() => toBytes(serde, misspelt)).to.throw(SerdeError, /\bprev_staton_id\b/)
    }
    expect(() => toBytes(weather.value, { timestamp: 1, status: 'sunny' } as never)).to.throw(
      'Weather: temperature: it is missing',
    )
    expect(() => toBytes(entries.value, { timestamp: 1 } as never)).to.throw('station_id')
  })
})

describe('the check of changed messages', () => {
  const changed = (from: RegExp | string, to: string): string[] =>
    incompatibilities(proto, proto.replace(from, to))

  it('lets optional fields come, and others go whose number is reserved', () => {
    expect(changed('string line = 3;', 'string line = 3; optional int32 run = 9;')).to.deep.equal(
      [],
    )
    expect(changed('string line = 3;', 'reserved 3;')).to.deep.equal([])
  })

  it('names what the other side could not read', () => {
    expect(changed('string line = 3;', 'int32 line = 3;')).to.deep.equal([
      'Arrival.line was string and is int32',
    ])
    expect(changed('string line = 3;', '')).to.deep.equal([
      'Arrival.line is gone and its number 3 free',
    ])
    expect(changed('string line = 3;', 'string colour = 3;')).to.deep.equal([
      'Arrival.line is now colour: JSON has it by name',
    ])
    expect(changed('string line = 3;', 'string line = 3; int32 run = 9;')).to.deep.equal([
      'Arrival.run is new and not optional: the last release lacks it',
    ])
    expect(changed('message Weather', 'message Sky')).to.deep.equal([
      'millrace.transit.Weather is gone',
    ])
  })
})
