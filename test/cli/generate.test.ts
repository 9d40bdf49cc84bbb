import { expect } from 'chai'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { runCli, startCli } from './run-cli.ts'

describe('generate', () => {
  const path = temporaryDirectory()

  it('writes an array, as published, into a .json file', async () => {
    const { code, stdout } = await runCli('generate', path('calls.json'), '--rows', '300')
    expect(stdout).to.match(/^wrote 300 rows in \d+\.\d s \([\d,]+ rows\/s\) to .*calls\.json\n$/)
    expect(code).to.equal(0)
    const calls = JSON.parse(readFileSync(path('calls.json'), 'utf8')) as unknown[]
    expect(calls).to.have.length(300)
    expect(calls[0]).to.include({ call_date_time: '2018-12-31T23:57:00.000' })
  })

  it('writes the same lines for the same seed, compressed when the name says so', async () => {
    const options = ['--rows', '300', '--seed', '9']
    await runCli('generate', path('a.jsonl'), ...options)
    await runCli('generate', path('b.jsonl.gz'), ...options)
    await runCli('generate', path('c.jsonl'), '--rows', '300', '--seed', '10')
    const text = readFileSync(path('a.jsonl'), 'utf8')
    expect(text.split('\n')).to.have.length(301)
    expect(gunzipSync(readFileSync(path('b.jsonl.gz'))).toString()).to.equal(text)
    expect(readFileSync(path('c.jsonl'), 'utf8')).not.to.equal(text)
  })

  it('adds broken rows when asked to, and counts them', async () => {
    const options = ['--rows', '500', '--faults', '0.1', '--format', 'array']
    const { stdout } = await runCli('generate', path('faulty'), ...options)
    const count = Number(/and (\d+) broken ones/.exec(stdout)?.[1])
    expect(count).to.be.within(20, 90)
    const text = readFileSync(path('faulty'), 'latin1')
    expect(text.startsWith('[\n    {\n')).to.equal(true)
    expect(text.match(/Synthetic/g)).to.have.length(count)
  })

  it('does not overwrite a file unless forced', async () => {
    writeFileSync(path('mine.json'), 'mine')
    const refused = await runCli('generate', path('mine.json'), '--rows', '1')
    expect(refused.code).to.equal(2)
    expect(refused.stderr).to.match(/^error: .*mine\.json is there already: give --force.*\n$/)
    expect(readFileSync(path('mine.json'), 'utf8')).to.equal('mine')
    const forced = await runCli('generate', path('mine.json'), '--rows', '1', '--force')
    expect(forced.code).to.equal(0)
  })

  it('refuses numbers that are none', async () => {
    for (const option of [
      ['--rows', '-1'],
      ['--seed', 'x'],
      ['--faults', '2'],
      ['--format', 'csv'],
    ]) {
      const { code, stderr } = await runCli('generate', path('none'), ...option)
      expect(code, option.join(' ')).to.equal(2)
      expect(stderr).to.include(option[1])
    }
    expect(existsSync(path('none'))).to.equal(false)
  })

  it('leaves nothing behind when it is interrupted', async () => {
    const { child, ended } = startCli(['generate', path('long.jsonl'), '--rows', '20000000'])
    while (!existsSync(path('long.jsonl.partial')) && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    child.kill('SIGINT')
    expect((await ended).code).to.equal(130)
    expect(existsSync(path('long.jsonl'))).to.equal(false)
    expect(existsSync(path('long.jsonl.partial'))).to.equal(false)
  })
})
