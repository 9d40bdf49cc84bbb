// The states of an application: Kafka's names and ordinals, and the only ways between them.
import { expect } from 'chai'
import { ordinalOf, transition, type ClientState } from '../../runtime/client-state.ts'

const states: ClientState[] = [
  'CREATED',
  'REBALANCING',
  'RUNNING',
  'PENDING_SHUTDOWN',
  'NOT_RUNNING',
  'PENDING_ERROR',
  'ERROR',
]
const ways: readonly string[] = [
  'CREATED>REBALANCING',
  'CREATED>PENDING_SHUTDOWN',
  'CREATED>PENDING_ERROR',
  'REBALANCING>RUNNING',
  'REBALANCING>PENDING_SHUTDOWN',
  'REBALANCING>PENDING_ERROR',
  'RUNNING>REBALANCING',
  'RUNNING>PENDING_SHUTDOWN',
  'RUNNING>PENDING_ERROR',
  'PENDING_SHUTDOWN>NOT_RUNNING',
  'PENDING_SHUTDOWN>PENDING_ERROR',
  'PENDING_ERROR>ERROR',
]

describe('the state of an application', () => {
  it('goes only where there is a way, or stays', () => {
    for (const from of states) {
      for (const to of states) {
        if (from === to || ways.includes(`${from}>${to}`)) {
          expect(transition(from, to)).to.equal(to)
        } else {
          expect(() => transition(from, to)).to.throw(Error, `no way from ${from} to ${to}`)
        }
      }
    }
  })

  it('has the ordinal that Kafka gives it', () => {
    expect(states.map(ordinalOf)).to.deep.equal([0, 1, 2, 3, 4, 5, 6])
  })
})
