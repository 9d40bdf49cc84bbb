// Commits against a client that answers as told: what is tried again, and when partitions are lost.
import { expect } from 'chai'
import { Committer } from '../../broker/kafka/committer.ts'
import { RdCode, type RdConsumer } from '../../broker/kafka/rd-client.ts'
import { BrokerError } from '../../broker/ports.ts'

const positions = [
  { topic: 'calls', partition: 1, offset: 7 },
  { topic: 'calls', partition: 0, offset: 3 },
]

/** A client whose commits are answered with the codes in turn, 0 for success. */
function answering(
  committer: Committer,
  codes: number[],
): { consumer: RdConsumer; calls: number[] } {
  const calls: number[] = []
  const commit = (offsets: typeof positions): void => {
    const code = codes.shift() ?? 0
    calls.push(code)
    const error = code === 0 ? undefined : { code, message: `error ${code}` }
    // The client gives the offsets back in an order of its own, and not at once.
    setImmediate(() => committer.heard(error, [...offsets].reverse()))
  }
  return { consumer: { commit } as unknown as RdConsumer, calls }
}

async function failureOf(work: Promise<void>): Promise<BrokerError> {
  const failure = await work.catch((error: unknown) => error)
  if (!(failure instanceof BrokerError)) throw new Error('a BrokerError was expected')
  return failure
}

describe('the committer of a group on Kafka', () => {
  it('resolves when the broker has answered, and asks nothing for no positions', async () => {
    const committer = new Committer()
    const { consumer, calls } = answering(committer, [0])
    await committer.commit(consumer, [])
    expect(calls).to.deep.equal([])
    await committer.commit(consumer, positions)
    expect(calls).to.deep.equal([0])
  })

  it('tries again while the coordinator moves or the group rebalances', async () => {
    const committer = new Committer()
    // A commit on its way when the group goes on to its next generation is of the one before.
    const codes = [RdCode.notCoordinator, RdCode.rebalanceInProgress, RdCode.illegalGeneration, 0]
    const { consumer, calls } = answering(committer, [...codes])
    await committer.commit(consumer, positions)
    expect(calls).to.deep.equal(codes)
    expect(committer.lost).to.equal(false)
  })

  for (const code of [RdCode.unknownMember, RdCode.fencedInstance]) {
    it(`takes error ${code} for the loss of the partitions, which it does not ask for again`, async () => {
      const committer = new Committer()
      const { consumer, calls } = answering(committer, [code])
      const failure = await failureOf(committer.commit(consumer, positions))
      // The application goes on with those that the group gives it next.
      expect(failure).to.include({ code: 'MILLRACE_COMMIT_FAILED', retriable: true })
      expect(failure.message).to.include('calls/1').and.include('calls/0').and.include('others')
      expect(committer.lost).to.equal(true)
      expect(calls).to.have.length(1)
    })
  }

  it('does not take the answer to a commit that was given up for that of another', async () => {
    const committer = new Committer()
    const { consumer } = answering(committer, [0])
    const committed = committer.commit(consumer, positions)
    const late = { code: RdCode.unknownMember, message: 'late' }
    committer.heard(late, [{ topic: 'calls', partition: 0, offset: 1 }])
    await committed
    expect(committer.lost).to.equal(false)
  })
})
