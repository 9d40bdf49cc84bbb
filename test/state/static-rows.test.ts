// Static tables: rows by key, and errors that name the file and the row.
import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadStaticTable, StaticTableError } from '../../state/static-rows.ts'
import { json } from '../../topology/serdes/json.ts'
import { staticTable } from '../../topology/static-table.ts'

const row = json.object({ code: json.integer(), name: json.string() })

describe('a static table', () => {
  let directory = ''
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'millrace-static-'))))
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  function load(content: string | undefined, key = ({ code }: { code: number }) => code) {
    const path = join(directory, 'codes.json')
    if (content !== undefined) writeFileSync(path, content)
    return loadStaticTable(staticTable('codes', { file: pathToFileURL(path), row, key }) as never)
  }

  function refused(content: string | undefined, key?: ({ code }: { code: number }) => number) {
    try {
      load(content, key)
    } catch (error) {
      expect(error).to.be.instanceOf(StaticTableError)
      expect(error).to.have.property('code', 'MILLRACE_STATIC_TABLE')
      expect((error as Error).message).to.include('static table codes: ')
      expect((error as Error).message).to.include(join(directory, 'codes.json'))
      return (error as Error).message
    }
    throw new Error('the table was not refused')
  }

  it('has its rows by key', () => {
    const rows = load('[{"code":1,"name":"one","more":true},{"code":2,"name":"zwei é"}]')
    expect([...rows]).to.deep.equal([
      [1, { code: 1, name: 'one' }],
      [2, { code: 2, name: 'zwei é' }],
    ])
  })

  it('may be empty', () => expect(load('[]').size).to.equal(0))

  it('refuses a file that is missing, no JSON or no array', () => {
    expect(refused(undefined)).to.include('ENOENT')
    expect(refused('[{')).to.include('JSON')
    expect(refused('{"code":1}')).to.include('not a JSON array of rows')
    expect(refused('null')).to.include('not a JSON array of rows')
  })

  it('refuses a bad row and says which and why', () => {
    const one = '{"code":1,"name":"one"}'
    expect(refused(`[${one},{"code":"2","name":"two"}]`)).to.match(
      /row 2: field "code" is no integer: "2"$/,
    )
    expect(refused(`[${one},{"code":2}]`)).to.match(/row 2: field "name" is missing$/)
    expect(refused(`[5]`)).to.match(/row 1: not a JSON object$/)
  })

  it('refuses two rows of one key', () => {
    const rows = '[{"code":1,"name":"a"},{"code":2,"name":"b"},{"code":1,"name":"c"}]'
    expect(refused(rows)).to.match(/row 3: the key 1 stands there twice$/)
  })

  it('refuses a row whose key cannot be found', () => {
    const key = () => {
      throw new Error('no such key')
    }
    expect(refused('[{"code":1,"name":"a"}]', key)).to.match(/row 1: no such key$/)
  })
})
