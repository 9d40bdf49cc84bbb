import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { fileForms } from '../../../data/police-calls/file-format.ts'
import { faultKinds } from '../../../data/police-calls/faults.ts'
import { generatePoliceCalls } from '../../../data/police-calls/generate.ts'
import { writePoliceCalls } from '../../../data/police-calls/write.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

describe('writing police calls', () => {
  const path = temporaryDirectory()
  const options = { rows: 2_000, seed: 5 }
  const expected = [...generatePoliceCalls(options)]

  it('writes one compact object a line', async () => {
    const file = path('calls.jsonl')
    const result = await writePoliceCalls({ ...options, file, format: 'lines' })
    expect(result).to.deep.equal({ rows: 2_000, faults: 0 })
    const text = readFileSync(file, 'utf8')
    expect(text.endsWith('}\n')).to.equal(true)
    const lines = text.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal(expected)
    expect(lines[0]).to.equal(JSON.stringify(expected[0]))
  })

  it('writes the published form: one array, indented by four spaces', async () => {
    const file = path('calls.json')
    await writePoliceCalls({ ...options, file, format: 'array' })
    const text = readFileSync(file, 'utf8')
    expect(text).to.equal(JSON.stringify(expected, undefined, 4))
  })

  it('compresses a file whose name ends in .gz', async () => {
    const file = path('calls.jsonl.gz')
    await writePoliceCalls({ ...options, file, format: 'lines' })
    const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
    expect(lines).to.have.length(2_000)
    expect(lines.at(-1)).to.equal(JSON.stringify(expected.at(-1)))
  })

  it('writes a file without rows', async () => {
    await writePoliceCalls({ rows: 0, seed: 1, file: path('none.json'), format: 'array' })
    expect(JSON.parse(readFileSync(path('none.json'), 'utf8'))).to.deep.equal([])
  })

  for (const format of ['lines', 'array'] as const) {
    it(`adds broken rows of every kind between the good ones, as ${format}`, async () => {
      const file = path(`faulty-${format}`)
      const result = await writePoliceCalls({ ...options, file, format, faults: 0.02 })
      expect(result.rows).to.equal(2_000)
      expect(result.faults).to.be.within(20, 70)
      const text = readFileSync(file, 'latin1')
      for (const kind of faultKinds) expect(text).to.include(`Synthetic ${kind}`)
      expect(text.match(/"Synthetic /g)).to.have.length(result.faults)
      expect(text).to.include('\xff\xc0\xaf')
      const { textOf } = fileForms[format]
      for (const call of expected) expect(text).to.include(textOf(call))
    })
  }

  it('tells how far it is', async () => {
    const told: number[] = []
    const onProgress = (rows: number): void => void told.push(rows)
    await writePoliceCalls({ ...options, file: path('told'), format: 'lines', onProgress })
    expect(told.length).to.be.greaterThan(1)
    expect(told.at(-1)).to.equal(2_000)
  })

  it('leaves nothing behind when it is aborted', async () => {
    const file = path('aborted.jsonl')
    const aborter = new AbortController()
    const writing = writePoliceCalls({
      rows: 5_000_000,
      seed: 1,
      file,
      format: 'lines',
      signal: aborter.signal,
      onProgress: (rows) => {
        if (rows > 5_000) aborter.abort()
      },
    })
    const error = await writing.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.an('error').with.property('name', 'AbortError')
    expect(existsSync(file)).to.equal(false)
    expect(existsSync(`${file}.partial`)).to.equal(false)
  })

  it('says when the file cannot be made', async () => {
    const file = path('no/such/directory/calls.jsonl')
    const error = await writePoliceCalls({ ...options, file, format: 'lines' }).catch(
      (reason: unknown) => reason,
    )
    expect(error).to.be.an('error').with.property('code', 'ENOENT')
  })
})
