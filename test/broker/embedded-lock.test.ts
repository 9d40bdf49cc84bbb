// Leftover locks: whose holder is gone they do not bind, whose holder may live they do.
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedBroker } from '../../broker/embedded/index.ts'
import { isAlive, thisProcess } from '../../broker/process-identity.ts'
import { openEnvironment } from '../../broker/lmdb.ts'

describe('a leftover lock of an application', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-lock-'))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  async function openedWith(holder: object): Promise<string> {
    const broker = await openEmbeddedBroker(directory)
    const environment = openEnvironment(directory)
    const now = Date.now()
    const record = { ...thisProcess(), token: 'other', sinceMs: now, beatMs: now, ...holder }
    environment.table('locks').putSync(Buffer.from('app'), Buffer.from(JSON.stringify(record)))
    environment.close()
    try {
      await (await broker.openGroup({ applicationId: 'app', stateDir: directory })).leave()
      return 'opened'
    } catch (error) {
      return String((error as { code: unknown }).code)
    } finally {
      await broker.close()
    }
  }

  it('binds while its process lives', async () => {
    const parent = process.ppid
    expect(await openedWith({ pid: parent, started: '' })).to.equal('MILLRACE_LOG_LOCKED')
  })

  it('does not bind when another process has its number, or the machine was started anew', async () => {
    expect(await openedWith({ pid: process.ppid, started: '1' })).to.equal('opened')
    expect(await openedWith({ pid: process.ppid, started: '', boot: 'before' })).to.equal('opened')
    expect(await openedWith({}), 'this process in a former life').to.equal('opened')
  })

  it('binds on another machine as long as that one is heard of', async () => {
    const host = 'elsewhere'
    expect(await openedWith({ host })).to.equal('MILLRACE_LOG_LOCKED')
    expect(await openedWith({ host, beatMs: Date.now() - 60_000 })).to.equal('opened')
  })

  it('knows this process', () => {
    expect(isAlive(thisProcess())).to.equal(true)
    expect(isAlive({ ...thisProcess(), host: 'elsewhere' })).to.equal(undefined)
  })
})
