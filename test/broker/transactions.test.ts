import { expect } from 'chai'
import { produceFailed, requestFailed } from '../../broker/kafka/errors.ts'
import { RdCode, type RdDone, type RdError, type RdProducer } from '../../broker/kafka/rd-client.ts'
import type { Outbox } from '../../broker/kafka/reading.ts'
import { Transactions } from '../../broker/kafka/transactions.ts'
import type { TopicPartitionOffset } from '../../broker/ports.ts'

describe('the transactions of a group', () => {
  const outbox: Outbox = {
    ...{ queuedRows: 0, knowsClients: true, errors: {} },
    flush: () => Promise.resolve(),
    reset: () => Promise.resolve(),
    close: () => undefined,
  }
  const at = (partition: number, offset: number): TopicPartitionOffset => {
    return { topic: 'in', partition, offset }
  }
  let sent: (readonly TopicPartitionOffset[])[]
  let asked: string[]
  /** Ends the sending of offsets, where that does not end by itself. */
  let answer: (() => void) | undefined
  let isSlow: boolean
  /** What commits, and undoing, are answered with, one after the other; then that all is well. */
  let answers: (Error & Partial<RdError>)[]
  /** What the broker refuses offsets with. */
  let refusal: Error | undefined
  let transactions: Transactions

  beforeEach(() => {
    sent = []
    asked = []
    answer = undefined
    isSlow = false
    answers = []
    refusal = undefined
    const done = (callback: RdDone): void => callback(undefined)
    const producer = {
      beginTransaction: done,
      commitTransaction: (_ms: number, callback: RdDone) => {
        asked.push('commit')
        callback(answers.shift() as RdError | undefined)
      },
      abortTransaction: (_ms: number, callback: RdDone) => {
        asked.push('abort')
        callback(answers.shift() as RdError | undefined)
      },
    } as unknown as RdProducer
    const send = (
      offsets: readonly TopicPartitionOffset[],
      _ms: number,
      callback: RdDone,
    ): void => {
      sent.push(offsets)
      asked.push('offsets')
      if (isSlow) answer = () => callback(undefined)
      else callback(refusal as RdError | undefined)
    }
    transactions = new Transactions({
      address: { bootstrapServers: 'broker:9092', settings: {} } as never,
      transactionalId: 'app',
      producer,
      timeoutMs: 10_000,
      offsets: { send },
    })
  })

  it('commit the offsets that have moved', async () => {
    await transactions.commit(outbox, [at(0, 5), at(1, 7)], true)
    await transactions.commit(outbox, [at(0, 5), at(1, 9)], true)
    expect(sent).to.deep.equal([[at(0, 5), at(1, 7)], [at(1, 9)]])
  })

  it('send one with rows that come of no input: the broker must see whose they are', async () => {
    await transactions.commit(outbox, [at(0, 5), at(1, 7)], true)
    await transactions.commit(outbox, [at(0, 5), at(1, 7)], true)
    expect(sent.at(-1)).to.deep.equal([at(0, 5)])
    expect(sent).to.have.length(2)
  })

  it('ask nothing of the broker where nothing was done', async () => {
    await transactions.commit(outbox, [at(0, 5)], true)
    await transactions.commit(outbox, [at(0, 5)], false)
    expect(sent).to.have.length(1)
  })

  describe('whose rows were given up', () => {
    const flush = (): Promise<void> => {
      return Promise.reject(
        produceFailed({ topic: 'out', partition: 0 }, 'purged', RdCode.purgedInQueue),
      )
    }
    const failureFor = async (message: string, code: number, isFatal = false): Promise<Error> => {
      refusal = Object.assign(new Error(message), { code, isFatal })
      const commit = transactions.commit({ ...outbox, flush }, [at(0, 5)], true)
      return (await commit.catch((error: unknown) => error)) as Error
    }

    it('end the run where a topic may not be written to, and say so', async () => {
      const failure = await failureFor('no partition added: not allowed', RdCode.topicDenied)
      expect(failure).to.have.property('code', 'MILLRACE_PRODUCE_FAILED')
      expect(failure.message).to.include('no partition added: not allowed; see that')
    })

    it('are another producer’s where this one stood still: the instance begins anew', async () => {
      const failure = await failureFor('fenced by a newer instance', RdCode.fencedLocally, true)
      expect(failure).to.have.property('code', 'MILLRACE_FENCED')
      expect(failure.message).to.include('fenced by a newer instance; another process runs')
    })

    it('are undone and begun again where that may help', async () => {
      const failure = await failureFor('in the wrong state', RdCode.erroneousState)
      expect(failure).to.have.property('code', 'MILLRACE_TRANSACTION_ABORTED')
    })
  })

  it('end when what was asked is answered: a client that goes before that never ends', async () => {
    isSlow = true
    const commit = transactions.commit(outbox, [at(0, 5)], true).catch((error: unknown) => error)
    let hasEnded = false
    const end = transactions.end().then(() => (hasEnded = true))
    await new Promise(setImmediate)
    expect(hasEnded).to.equal(false)
    expect(asked).to.deep.equal(['offsets'])
    answer?.()
    await end
    expect(asked).to.deep.equal(['offsets', 'abort'])
    expect(await commit).to.have.property('code', 'MILLRACE_TRANSACTION_ABORTED')
  })

  describe('at the end', () => {
    const failed = (message: string, about: Partial<RdError>) =>
      Object.assign(new Error(message), about)
    const late = (): Error & Partial<RdError> =>
      failed('timed out', { code: RdCode.timedOut, isRetriable: true })

    it('are undone as soon as the broker can', async () => {
      answers = [late(), late()]
      expect(await transactions.end()).to.equal(undefined)
      expect(asked).to.deep.equal(['abort', 'abort', 'abort'])
    })

    it('are committed where that has begun: the client takes nothing else', async () => {
      answers = [late(), late()]
      const commit = transactions.commit(outbox, [], true).catch((error: unknown) => error)
      await new Promise(setImmediate)
      expect(asked).to.include('commit')
      expect(await transactions.end()).to.equal(undefined)
      expect(await commit).to.have.property('code', 'MILLRACE_TRANSACTION_ABORTED')
      expect(asked).to.deep.equal(['commit', 'commit', 'commit'])
    })

    it('are undone where the commit fails', async () => {
      answers = [
        late(),
        failed('it was too long', { code: RdCode.timedOut, isTxnRequiresAbort: true }),
      ]
      const commit = transactions.commit(outbox, [], true).catch((error: unknown) => error)
      await new Promise(setImmediate)
      expect(asked).to.include('commit')
      expect(await transactions.end()).to.equal(undefined)
      await commit
      expect(asked).to.deep.equal(['commit', 'commit', 'abort'])
    })

    it('that were over, or are another producer’s now, need nothing more', async () => {
      for (const code of [RdCode.erroneousState, RdCode.fatal, RdCode.producerFenced]) {
        answers = [failed('in no transaction', { code })]
        expect(await transactions.end()).to.equal(undefined)
      }
    })

    it('say for how long others wait behind one that is left open', async () => {
      answers = [failed('not allowed', { code: RdCode.clusterDenied })]
      const said = await transactions.end()
      expect(said)
        .to.contain('the transaction of app could not be ended')
        .and.contain('not allowed')
      expect(said).to.contain('producer.transaction.timeout.ms, which is 10000 ms')
    })

    it('are given up when the broker would have undone them', async () => {
      answers = Array.from({ length: 1_000 }, late)
      const { now } = performance
      performance.now = () => now.call(performance) + 2_000 * asked.length
      try {
        expect(await transactions.end()).to.contain('timed out')
      } finally {
        performance.now = now
      }
      expect(asked).to.have.length.within(2, 5)
    })
  })

  it('ask nothing of the producer after the end', async () => {
    await transactions.end()
    const commit = transactions.commit(outbox, [at(0, 5)], true).catch((error: unknown) => error)
    expect(await commit).to.have.property('code', 'MILLRACE_TRANSACTION_ABORTED')
    await transactions.abort(outbox)
    expect(asked).to.deep.equal(['abort'])
  })
})

describe('a request to a broker that restarts', () => {
  const failed = (code: number) => requestFailed('ask', 'host:9092', { code, message: 'it failed' })

  it('is asked again, whatever it fails of meanwhile', () => {
    for (const name of ['timedOut', 'timedOutInQueue', 'transport', 'allBrokersDown'] as const) {
      const { code, retriable } = failed(RdCode[name])
      expect([name, code, retriable]).to.deep.equal([name, 'MILLRACE_BROKER_UNREACHABLE', true])
    }
    for (const name of ['leaderNotAvailable', 'notLeader', 'requestTimedOut'] as const) {
      expect([name, failed(RdCode[name]).retriable]).to.deep.equal([name, true])
    }
    expect(failed(RdCode.topicDenied).retriable).to.equal(false)
  })
})
