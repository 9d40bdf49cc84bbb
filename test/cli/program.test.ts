import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, runCli, startCli } from './run-cli.ts'

describe('the command line', () => {
  let directory: string

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  })

  after(() => {
    rmSync(directory, { recursive: true })
  })

  const commands = ['start', 'describe', 'topics', 'tail', 'replay', 'generate', 'reset', 'doctor']

  it('lists its commands and exit codes with --help, and ends well', async () => {
    const { code, stdout, stderr } = await runCli('--help')
    expect(code).to.equal(0)
    expect(stderr).to.equal('')
    for (const command of commands) expect(stdout).to.match(new RegExp(`^  ${command} `, 'm'))
    expect(stdout).to.contain('Exit codes:')
    for (const exitCode of [0, 1, 2, 3, 130]) {
      expect(stdout).to.match(new RegExp(`^  ${exitCode} `, 'm'))
    }
  })

  for (const command of commands) {
    it(`says what ${command} takes, among it --config, --set and --verbose`, async () => {
      const { code, stdout } = await runCli(command, '--help')
      expect(code).to.equal(0)
      expect(stdout).to.contain(`Usage: millrace ${command}`)
      for (const option of ['--config', '--set', '--verbose']) expect(stdout).to.contain(option)
    })
  }

  const mistakes: readonly [args: string[], hint: string][] = [
    [['tial', 'x'], "unknown command 'tial' (Did you mean tail?)"],
    [['tail', 'x', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
    [['tail'], "missing required argument 'topic'"],
    [['topics', 'x'], 'too many arguments'],
    [['describe', 'police-calls', '--format', 'svg'], 'Allowed choices are text, mermaid, json'],
    [['topics', '--set', 'poll.ms'], '--set poll.ms: write --set key=value'],
    [['topics', '--set', 'poll.mss=1'], 'did you mean poll.ms?'],
    [['topics', '--config', '/nowhere'], 'there is no such directory'],
    [['describe', 'polise-calls'], 'there is no job "polise-calls". Did you mean police-calls?'],
    [['describe', 'zzz'], 'Known: police-calls'],
    [['start', './no-such-file.js'], 'there is no file ./no-such-file.js'],
  ]
  for (const [args, hint] of mistakes) {
    it(`answers "millrace ${args.join(' ')}" with one line and exit code 2`, async () => {
      const { code, stdout, stderr } = await runCli(...args)
      expect(stderr).to.contain(hint)
      expect(stderr).to.match(/^error: .*\n$/)
      expect(stdout).to.equal('')
      expect(code).to.equal(2)
    })
  }

  it('prints one line for each problem of the configuration', async () => {
    const { code, stderr } = await runCli('topics', '--set', 'poll.ms=x', '--set', 'acks=1')
    expect(stderr.trim().split('\n')).to.have.length(2)
    expect(code).to.equal(2)
  })

  it('never prints a secret, neither in an error nor with --verbose', async () => {
    const { stderr, stdout } = await runCli(
      ...['topics', '--verbose', '--set', 'sasl.password=tell-nobody', '--set', 'poll.ms=x'],
    )
    expect(stderr).to.contain('sasl.password')
    expect(stdout + stderr).not.to.contain('tell-nobody')
  })

  it('shows the stack of an error with --verbose only', async () => {
    const args = ['tail', 'no-topic', '--set', `bootstrap.servers=embedded:${directory}/log`]
    const short = await runCli(...args)
    expect(short.stderr).to.match(/^error: .*has no topic no-topic.*\n$/)
    expect(short.code).to.equal(1)
    const long = await runCli(...args, '--verbose')
    expect(long.stderr).to.match(/BrokerError: .*has no topic no-topic.*\n\s+at /)
    expect(long.code).to.equal(1)
  })

  it('loads a job by the path of its module', async () => {
    const job = join(directory, 'job.mjs')
    const describe = "({ format }) => 'as ' + format"
    writeFileSync(job, `export default { name: 'mine', nodes: [], describe: ${describe} }`)
    const { code, stdout } = await runCli('describe', job, '--format', 'mermaid')
    expect(stdout).to.equal('as mermaid\n')
    expect(code).to.equal(0)
  })

  it('refuses a module whose default export is not a topology', async () => {
    const job = join(directory, 'none.mjs')
    writeFileSync(job, 'export default 5')
    const { code, stderr } = await runCli('describe', job)
    expect(stderr).to.contain('the default export is no topology')
    expect(code).to.equal(2)
  })

  it('says so in one line when a job fails while it is loaded', async () => {
    const job = join(directory, 'broken.mjs')
    writeFileSync(job, 'throw new Error("first\\nsecond")')
    const { code, stderr } = await runCli('describe', job)
    expect(stderr).to.equal('error: first second (--verbose shows the stack)\n')
    expect(code).to.equal(1)
  })

  for (const [signal, exitCode] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
    it(`ends with exit code ${exitCode} when ${signal} cuts a command short`, async () => {
      const file = join(directory, 'calls.json')
      const call = { crime_id: '1', call_date_time: '2018-12-31T23:57:00' }
      writeFileSync(file, JSON.stringify(Array.from({ length: 100 }, () => call)))
      const log = `bootstrap.servers=embedded:${directory}/${signal}`
      const replay = startCli(['replay', file, '--rate', '1', '--set', log])
      await eventually(() => replay.stderr().includes('reading'))
      replay.child.kill(signal)
      const { code, stdout } = await replay.ended
      expect(stdout).to.match(/^interrupted: delivered \d+ /)
      expect(code).to.equal(exitCode)
    })
  }

  // Only Linux tells how many threads there are.
  if (process.platform === 'linux') {
    it('has a thread pool of 16 threads, each of which a Kafka client may block', async () => {
      const preload = fileURLToPath(new URL('./count-threads.cjs', import.meta.url))
      const { stderr } = await startCli(['--version'], ['--require', preload]).ended
      expect(Number(/threads: (\d+)/.exec(stderr)?.[1])).to.be.at.least(17)
    })
  }

  it('ends with exit code 3 when Kafka cannot be reached', async function () {
    this.timeout(30_000)
    const { code, stderr } = await runCli('topics', '--set', 'bootstrap.servers=127.0.0.1:9')
    expect(stderr).to.match(/^error: .*127\.0\.0\.1:9.*\n$/)
    expect(code).to.equal(3)
  })

  describe('where the client for Kafka could not be built', () => {
    const hooks = new URL('./without-kafka-client.js', import.meta.url).href
    const run = (...args: string[]) => startCli(args, ['--import', hooks]).ended

    it('ends with exit code 3 and says what to install when Kafka is asked for', async () => {
      const { code, stderr } = await run('topics', '--set', 'bootstrap.servers=127.0.0.1:9')
      expect(stderr).to.match(/^error: .*node-rdkafka.*npm install node-rdkafka.*\n$/)
      expect(code).to.equal(3)
    })

    it('works on the embedded log', async () => {
      const log = `bootstrap.servers=embedded:${directory}/without-kafka`
      const { code, stdout, stderr } = await run('topics', '--set', log)
      expect(stderr).to.equal('')
      expect(stdout).to.contain('has no topics yet')
      expect(code).to.equal(0)
    })
  })
})
