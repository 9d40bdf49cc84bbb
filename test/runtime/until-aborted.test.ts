import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { untilAborted } from '../../runtime/until-aborted.ts'

describe('waiting for work until a signal aborts', () => {
  const never = new Promise<string>(() => undefined)

  it('tells what the work comes to, and what it throws', async () => {
    const { signal } = new AbortController()
    expect(await untilAborted(Promise.resolve('done'), signal)).to.equal('done')
    const failure = await untilAborted(Promise.reject(new Error('failed')), signal).catch(String)
    expect(failure).to.equal('Error: failed')
  })

  it('ends without an outcome when the signal aborts, and where it has aborted before', async () => {
    const stopping = new AbortController()
    const waiting = untilAborted(never, stopping.signal)
    stopping.abort()
    expect(await waiting).to.equal(undefined)
    expect(await untilAborted(never, stopping.signal)).to.equal(undefined)
  })

  it('leaves nothing behind with a signal that never aborts, however often it waits', async () => {
    const { signal } = new AbortController()
    for (let i = 0; i < 100; i++) await untilAborted(Promise.resolve(i), signal)
    await untilAborted(Promise.reject(new Error('failed')), signal).catch(() => undefined)
    expect(getEventListeners(signal, 'abort')).to.have.length(0)
  })
})
