import { expect } from 'chai'
import { rateLimited } from '../../runtime/rate-limited-log.ts'
import { silentLog } from '../../runtime/run-log.ts'

describe('the log of a run', () => {
  const told: unknown[][] = []
  let nowMs = 0
  const tell = (...line: unknown[]): void => void told.push(line)
  const log = rateLimited({ ...silentLog, warn: tell, error: tell }, () => nowMs)
  const refused = Object.assign(new Error('refused'), { code: 'A' })
  beforeEach(() => {
    told.length = 0
    nowMs += 1_000_000
  })

  it('tells one warning once in half a minute, and then how many it kept to itself', () => {
    for (let i = 0; i < 50; i++) {
      log.warn({ err: refused }, 'a commit came to nothing')
      nowMs += 100
    }
    expect(told).to.deep.equal([[{ err: refused }, 'a commit came to nothing']])
    nowMs += 30_000
    log.warn({ err: refused }, 'a commit came to nothing')
    expect(told[1]).to.deep.equal([{ err: refused, suppressed: 49 }, 'a commit came to nothing'])
  })

  it('takes warnings of another text or error code for others, and lets errors through', () => {
    const other = Object.assign(new Error('refused'), { code: 'B' })
    log.warn({ err: refused }, 'a commit came to nothing')
    log.warn({ err: other }, 'a commit came to nothing')
    log.warn('slow')
    log.warn('slow')
    log.error({ err: refused }, 'over')
    log.error({ err: refused }, 'over')
    expect(told.map(([fields, text]) => [text, fields])).to.deep.equal([
      ['a commit came to nothing', { err: refused }],
      ['a commit came to nothing', { err: other }],
      ['slow', {}],
      ['over', { err: refused }],
      ['over', { err: refused }],
    ])
  })
})
