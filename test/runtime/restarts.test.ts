// A client that the broker has given up is followed by another.
import { expect } from 'chai'
import { BrokerError } from '../../broker/ports.ts'
import { systemClock } from '../../runtime/clock.ts'
import { Restarts } from '../../runtime/restarts.ts'
import { silentLog, type RunLog } from '../../runtime/run-log.ts'
import type { StreamClient } from '../../runtime/stream-client.ts'

/** One that runs until it is stopped, or is fenced at once. */
function clientOf(isFenced: boolean): StreamClient & { readonly isStopped: boolean } {
  let stop: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  const client = {
    isStopped: false,
    metrics: [],
    stop() {
      client.isStopped = true
      stop()
    },
    run: () =>
      isFenced
        ? Promise.reject(new BrokerError('MILLRACE_FENCED', 'another has its name'))
        : stopped,
  }
  return client as unknown as StreamClient & { readonly isStopped: boolean }
}

describe('the clients of a job, one after the other', () => {
  it('end where a stop is asked for while the next one is being opened', async () => {
    const next = clientOf(false)
    let opened: (client: StreamClient) => void = () => undefined
    let isOpening: () => void = () => undefined
    const opening = new Promise<void>((resolve) => (isOpening = resolve))
    const open = (): Promise<StreamClient> => {
      isOpening()
      return new Promise((resolve) => (opened = resolve))
    }
    const restarts = new Restarts(clientOf(true), open, silentLog, systemClock)
    const run = restarts.run()
    await opening
    restarts.stop()
    opened(next)
    await run
    expect(next.isStopped).to.equal(true)
  })

  it('end in good order where the broker gives one up as it stops', async () => {
    let isRunning: () => void = () => undefined
    const running = new Promise<void>((resolve) => (isRunning = resolve))
    let stopped: (error: Error) => void = () => undefined
    const client = {
      metrics: [],
      stop: () => stopped(new BrokerError('MILLRACE_FENCED', 'another has its name')),
      run: () => {
        isRunning()
        return new Promise<void>((_, reject) => (stopped = reject))
      },
    } as unknown as StreamClient
    const open = (): Promise<StreamClient> => Promise.reject(new Error('opened another'))
    const lines: string[] = []
    const log = { ...silentLog, warn: (_: object, message: string) => lines.push(message) }
    const restarts = new Restarts(client, open, log as unknown as RunLog, systemClock)
    const run = restarts.run()
    await running
    restarts.stop()
    await run
    expect(lines).to.deep.equal(['the broker gave this instance up as it stopped'])
  })

  it('wait for a broker that is away as the next one is opened, or for a stop', async () => {
    const away = new BrokerError('MILLRACE_BROKER_UNREACHABLE', 'away', { retriable: true })
    const next = clientOf(false)
    let tries = 0
    let isOpened: () => void = () => undefined
    const opened = new Promise<void>((resolve) => (isOpened = resolve))
    const open = (): Promise<StreamClient> => {
      tries += 1
      if (tries < 3) return Promise.reject(away)
      isOpened()
      return Promise.resolve(next)
    }
    const restarts = new Restarts(clientOf(true), open, silentLog, systemClock)
    const run = restarts.run()
    await opened
    restarts.stop()
    await run
    expect(next.isStopped).to.equal(true)
    const gone: Restarts = new Restarts(
      clientOf(true),
      () => {
        gone.stop()
        return Promise.reject(away)
      },
      silentLog,
      systemClock,
    )
    await gone.run()
  })
})
