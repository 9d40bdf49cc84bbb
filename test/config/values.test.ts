import { expect } from 'chai'
import * as values from '../../config/values.ts'

describe('the types of configuration values', () => {
  const cases: readonly [string, values.ValueType<unknown>, string, unknown][] = [
    ['a whole number', values.int(1, 9), '9', 9],
    ['a whole number above its limit', values.int(1, 9), '10', undefined],
    ['a whole number below its limit', values.int(1, 9), '0', undefined],
    ['a fraction where a whole number is asked for', values.int(1, 9), '1.5', undefined],
    ['an exponent', values.int(1), '1e3', undefined],
    ['a negative whole number', values.int(-1), '-1', -1],
    ['a number beyond what is exact', values.int(1), '9007199254740993', undefined],
    ['milliseconds with a unit', values.ms(1), '5s', undefined],
    ['a decimal number', values.positive, '0.5', 0.5],
    ['zero where more is asked for', values.positive, '0', undefined],
    ['true', values.boolean, 'true', true],
    ['false', values.boolean, 'false', false],
    ['another word than true or false', values.boolean, 'yes', undefined],
    ['one of the words', values.oneOf('INFO', 'DEBUG'), 'DEBUG', 'DEBUG'],
    ['a word in another case', values.oneOf('INFO', 'DEBUG'), 'debug', undefined],
    ['a time zone', values.timeZone, 'America/Los_Angeles', 'America/Los_Angeles'],
    ['a time zone that is none', values.timeZone, 'America/San_Francisco', undefined],
    ['a name', values.name, 'police-calls_1.x', 'police-calls_1.x'],
    ['a name with a slash', values.name, '../up', undefined],
    ['a name of dots', values.name, '..', undefined],
    ['an address without a port', values.bootstrapServers, 'localhost', undefined],
    ['an address with port 0', values.bootstrapServers, 'localhost:0', undefined],
    ['embedded without a directory', values.bootstrapServers, 'embedded:', undefined],
    [
      'embedded with a directory',
      values.bootstrapServers,
      'embedded:/a b',
      { kind: 'embedded', address: 'embedded:/a b', directory: '/a b' },
    ],
    [
      'addresses with blanks between them',
      values.bootstrapServers,
      'a:1, [::1]:2',
      { kind: 'kafka', address: 'a:1,[::1]:2' },
    ],
  ]
  for (const [title, type, text, value] of cases) {
    it(`${value === undefined ? 'refuse' : 'take'} ${title}: ${text}`, () => {
      expect(type.read(text)).to.deep.equal(value)
    })
  }
})
