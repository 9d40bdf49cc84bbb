// Tasks that are many keep their state in directories together: it is there again after every end of a process, and
// not trusted when the machine went down meanwhile.
import { expect } from 'chai'
import { cpSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SharedStates, sharedDirectoryOf } from '../../broker/kafka/shared-states.ts'
import { StateDirectories } from '../../broker/kafka/state-directories.ts'
import { thisProcess } from '../../broker/process-identity.ts'
import { TaskCheckpoints } from '../../runtime/task-checkpoints.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'

const TASKS = ['0_0', '1_0', '0_8', '0_3', '1_3']

describe('the state of many tasks', () => {
  const path = temporaryDirectory()
  const update = (offset: number) => ({
    positions: [{ topic: 't', partition: 0, offset }],
    meta: new TextEncoder().encode('{"streamTimeMs":5}'),
    stores: [{ name: 'counts', bytes: Uint8Array.of(offset), snapshot: false }],
  })

  /** Two workers that have these tasks. */
  function workers(stateDir: string) {
    const states = new SharedStates(stateDir, 'job')
    const { spec: sharedStates } = states
    const all = [0, 1].map(
      () => new StateDirectories({ stateDir, applicationId: 'job', sharedStates }),
    )
    const opened = TASKS.map((taskId, i) => {
      const environment = all[i % 2]!.open(taskId)
      return { environment, checkpoints: new TaskCheckpoints(environment, taskId) }
    })
    return {
      opened,
      close: () => {
        for (const directories of all) directories.closeAll()
        states.close()
      },
    }
  }

  /** What lies there of each task, and of how many it was damaged. */
  function contentOf(stateDir: string): { bytes: (number[] | undefined)[]; damaged: number } {
    const { opened, close } = workers(stateDir)
    const bytes = opened.map(({ checkpoints }) => {
      const saved = checkpoints.load()
      return saved === undefined ? undefined : [...[...saved.stores.get('counts')!][0]!]
    })
    const damaged = opened.filter(({ environment }) => environment.damage !== undefined).length
    close()
    return { bytes, damaged }
  }

  function saved(name: string): { stateDir: string; close: () => void } {
    const stateDir = path(name)
    const { opened, close } = workers(stateDir)
    for (const [i, { checkpoints }] of opened.entries()) checkpoints.save(update(i + 1))
    return { stateDir, close }
  }

  it('is in few directories, those of a partition in one', () => {
    const { stateDir, close } = saved('few')
    close()
    const names = readdirSync(join(stateDir, 'job'))
    expect(
      names.every((name) => /^shared-\d$/.test(name)),
      names.join(),
    ).to.equal(true)
    expect(sharedDirectoryOf('0_3')).to.equal(sharedDirectoryOf('2_3'))
  })

  it('begins with more tasks than most jobs have', () => {
    expect([12, 64, 65, 3_000].map((tasks) => SharedStates.areFor(tasks))).to.deep.equal([
      false,
      false,
      true,
      true,
    ])
  })

  it('is there again, each task with its own', () => {
    const { stateDir, close } = saved('again')
    close()
    expect(contentOf(stateDir)).to.deep.equal({ bytes: [[1], [2], [3], [4], [5]], damaged: 0 })
  })

  it('is there again when the process was killed', function () {
    if (thisProcess().boot === '') this.skip()
    const { stateDir, close } = saved('killed')
    const left = path('killed-left')
    cpSync(stateDir, left, { recursive: true })
    close()
    expect(contentOf(left).damaged).to.equal(0)
    expect(contentOf(left).bytes).to.deep.equal([[1], [2], [3], [4], [5]])
  })

  it('is deleted where a machine went down meanwhile, and the tasks of that directory say so', function () {
    if (thisProcess().boot === '') this.skip()
    const { stateDir, close } = saved('went-down')
    close()
    writeFileSync(join(stateDir, 'job', sharedDirectoryOf('0_3'), 'boot'), 'the boot before')
    expect(contentOf(stateDir)).to.deep.equal({
      bytes: [[1], [2], [3], undefined, undefined],
      damaged: 2,
    })
  })

  it('is deleted where its file is damaged', () => {
    const { stateDir, close } = saved('damaged')
    close()
    writeFileSync(join(stateDir, 'job', sharedDirectoryOf('0_3'), 'data.mdb'), 'no lmdb file')
    expect(contentOf(stateDir).bytes).to.deep.equal([[1], [2], [3], undefined, undefined])
  })
})
