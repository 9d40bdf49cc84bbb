import { expect } from 'chai'
import { CommanderError } from 'commander'
import { BrokerError } from '../../broker/ports.ts'
import {
  exitCodeOf,
  InterruptedError,
  OutputClosedError,
  UsageError,
} from '../../cli/exit-codes.ts'
import { explain } from '../../cli/explain.ts'
import { ConfigError } from '../../config/config.ts'
import { TopologyError } from '../../topology/errors.ts'

describe('exit codes', () => {
  const problem = { source: '--set', key: 'poll.ms', message: 'is wrong' }
  const foreign = Object.assign(new Error('of another copy'), { code: 'MILLRACE_TOPOLOGY' })
  const cases: readonly [what: string, error: unknown, code: number][] = [
    ['help', new CommanderError(0, 'commander.helpDisplayed', ''), 0],
    ['output that nobody reads any more', new OutputClosedError(''), 0],
    ['an error', new Error('x'), 1],
    ['what is no error at all', 'x', 1],
    ['a record that could not be written', new BrokerError('MILLRACE_PRODUCE_FAILED', 'x'), 1],
    ['a missing argument', new CommanderError(1, 'commander.missingArgument', ''), 2],
    ['wrong usage', new UsageError('x'), 2],
    ['wrong configuration', new ConfigError([problem]), 2],
    ['a wrong topology', new TopologyError('node', 'x'), 2],
    ['a wrong topology of another copy of Millrace', foreign, 2],
    ['a broker that does not answer', new BrokerError('MILLRACE_BROKER_UNREACHABLE', 'x'), 3],
    ['a missing client', new BrokerError('MILLRACE_BROKER_CLIENT_MISSING', 'x'), 3],
    ['an application that runs', new BrokerError('MILLRACE_GROUP_ACTIVE', 'x'), 3],
    ['a log that is in use', new BrokerError('MILLRACE_LOG_LOCKED', 'x'), 3],
    ['Ctrl-C', new InterruptedError('SIGINT'), 130],
    ['SIGTERM', new InterruptedError('SIGTERM'), 143],
  ]
  for (const [what, error, code] of cases) {
    it(`are ${code} for ${what}`, () => {
      expect(exitCodeOf(error)).to.equal(code)
    })
  }

  describe('and the text beside them', () => {
    it('is one line for each problem of a configuration', () => {
      const error = new ConfigError([problem, { ...problem, key: 'acks' }])
      expect(explain(error, false)).to.equal(
        'error: --set: poll.ms: is wrong\nerror: --set: acks: is wrong\n',
      )
    })

    it('is one line for any other error, with a hint where the error has no advice', () => {
      expect(explain(new Error('one\n  two'), false)).to.equal(
        'error: one two (--verbose shows the stack)\n',
      )
      expect(explain(new UsageError('write x'), false)).to.equal('error: write x\n')
    })

    it('is nothing after a signal or a closed pipe', () => {
      expect(explain(new InterruptedError('SIGINT'), false)).to.equal('')
      expect(explain(new OutputClosedError('x'), true)).to.equal('')
    })

    it('has the stacks of an error and of its causes when asked for', () => {
      const text = explain(new Error('outer', { cause: new Error('inner') }), true)
      expect(text).to.match(/^error: Error: outer\n\s+at [^]*\ncaused by: Error: inner\n\s+at /)
    })
  })
})
