// An instance and its directory: who comes second is told what to do.
import { expect } from 'chai'
import { takeInstance } from '../../runtime/instance.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'

describe('an instance', () => {
  const path = temporaryDirectory()

  it('has its directory for itself: who comes second is to take another one', () => {
    const first = takeInstance(path('state'), 'app', () => undefined)
    try {
      expect(() => takeInstance(path('state'), 'app', () => undefined)).to.throw(
        new RegExp(
          `process ${process.pid} .*: stop it first, or give this one a state.dir of its own`,
        ),
      )
    } finally {
      first.release()
    }
  })

  it('has the same name when it comes back', () => {
    const ids = [1, 2].map(() => {
      const instance = takeInstance(path('again'), 'app', () => undefined)
      instance.release()
      return instance.id
    })
    expect(ids[1]).to.equal(ids[0])
  })
})
