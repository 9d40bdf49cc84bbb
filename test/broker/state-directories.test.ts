// What becomes of the state of tasks on the disk: it survives every end of a process, and is not trusted when the
// machine went down while it was in use.
import { expect } from 'chai'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StateDirectories } from '../../broker/kafka/state-directories.ts'
import { thisProcess } from '../../broker/process-identity.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'

const TASK = '0_0'
const KEY = Buffer.from('key')

describe('the state of a task on the disk', () => {
  const path = temporaryDirectory()
  const mark = (stateDir: string): string => join(stateDir, 'job', TASK, 'boot')

  function directories(stateDir: string): StateDirectories {
    return new StateDirectories({ stateDir, applicationId: 'job' })
  }

  /** What lies there, and why what lay there before is gone. */
  function contentOf(stateDir: string): [string | undefined, string | undefined] {
    const opened = directories(stateDir)
    const environment = opened.open(TASK)
    const value = environment.table('values').get(KEY)?.toString()
    const { damage } = environment
    opened.closeAll()
    return [value, damage]
  }

  /** A state directory that holds a value, and is in use. */
  function inUse(name: string): { stateDir: string; close: () => void } {
    const stateDir = path(name)
    const opened = directories(stateDir)
    const environment = opened.open(TASK)
    const table = environment.table('values')
    environment.transaction(() => table.putSync(KEY, Buffer.from('value')))
    return { stateDir, close: () => opened.closeAll() }
  }

  it('is there again when it was closed', () => {
    const { stateDir, close } = inUse('closed')
    close()
    expect(readFileSync(mark(stateDir), 'utf8')).to.equal('closed')
    expect(contentOf(stateDir)).to.deep.equal(['value', undefined])
  })

  it('is there again when the process was killed', function () {
    if (thisProcess().boot === '') this.skip()
    const { stateDir, close } = inUse('in-use')
    const left = path('left')
    cpSync(stateDir, left, { recursive: true })
    close()
    expect(readFileSync(mark(left), 'utf8')).to.equal(thisProcess().boot)
    expect(contentOf(left)).to.deep.equal(['value', undefined])
  })

  it('is deleted when the machine went down meanwhile, and says so', function () {
    if (thisProcess().boot === '') this.skip()
    const { stateDir, close } = inUse('went-down')
    close()
    writeFileSync(mark(stateDir), 'the boot before')
    const [value, damage] = contentOf(stateDir)
    expect(value).to.equal(undefined)
    expect(damage).to.include('was in use when this machine')
    expect(contentOf(stateDir)).to.deep.equal([undefined, undefined])
  })

  it('is deleted when nothing tells whether it was closed', function () {
    if (thisProcess().boot === '') this.skip()
    for (const [name, left] of [
      ['no-mark', undefined],
      ['half-a-mark', thisProcess().boot.slice(0, 9)],
    ] as const) {
      const { stateDir, close } = inUse(name)
      close()
      rmSync(mark(stateDir))
      if (left !== undefined) writeFileSync(mark(stateDir), left)
      const [value, damage] = contentOf(stateDir)
      expect([name, value]).to.deep.equal([name, undefined])
      expect(damage).to.include('in use when')
    }
  })

  it('is in use again, and only that, as soon as it is opened again', function () {
    if (thisProcess().boot === '') this.skip()
    const { stateDir, close } = inUse('opened-again')
    close()
    const opened = directories(stateDir)
    opened.open(TASK)
    expect(readFileSync(mark(stateDir), 'utf8')).to.equal(thisProcess().boot)
    opened.closeAll()
    expect(readFileSync(mark(stateDir), 'utf8')).to.equal('closed')
  })
})
