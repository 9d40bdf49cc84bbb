// Runs one case and reports what Millrace did.
import { TopologyError } from '../../index.ts'
import type { Settings } from '../../config/config.ts'
import { TopologyTestDriver } from '../../testing.ts'
import { buildCase, type BuiltCase } from './build-case.ts'
import { Unsupported, type Case, type CaseInput, type CaseOutput, type CaseResult } from './case.ts'
import { caseTopic } from './codecs.ts'
import { describeCase } from './describe-case.ts'
import { endOf, text } from './functions.ts'
import { answer } from './small-kinds.ts'

const NOT_JSON = new TextEncoder().encode('{')

/** How a case is run; nothing of this may change its result. */
export interface Ways {
  /** Whether the job ends after each input and goes on. */
  readonly restarts?: boolean
  readonly settings?: Settings
}

/** The result of a case, whatever happens. */
export function runCase(testCase: Case, ways: Ways = {}): CaseResult {
  const { id, kind = 'process', order } = testCase
  const head = { id, kind, ...(order === undefined ? {} : { order }) }
  try {
    switch (kind) {
      case 'process':
        return { ...head, ...runProcess(testCase, ways) }
      case 'validate':
        return { ...head, ...runValidate(testCase) }
      case 'describe':
        return { ...head, ...orRejected(() => describeCase(testCase)) }
      default:
        return { ...head, ...answer(testCase) }
    }
  } catch (error) {
    if (error instanceof Unsupported) return { id, unsupported: error.message }
    return {
      id,
      toolError: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
}

function runValidate(testCase: Case): Partial<CaseResult> {
  const built = buildOrReject(testCase)
  return 'rejected' in built ? built : { rejected: false }
}

function buildOrReject(testCase: Case, tap?: string): BuiltCase | Rejected {
  return orRejected(() => buildCase(testCase, tap))
}

interface Rejected {
  readonly rejected: true
  readonly error: string
}

function orRejected<T>(build: () => T): T | Rejected {
  try {
    return build()
  } catch (error) {
    const isRefused = error instanceof TopologyError
    if (isRefused) return { rejected: true, error: error.message }
    throw error
  }
}

function runProcess(
  testCase: Case,
  { restarts = false, settings = {} }: Ways,
): Partial<CaseResult> {
  const tap = tappedNode(testCase)
  const built = buildOrReject(testCase, tap)
  if ('rejected' in built) return built
  const driver = new TopologyTestDriver(built.topology, {
    sharedStreamTime: true,
    config: settings,
  })
  const outputs: CaseOutput[] = []
  const drops: { afterInput: number; count: number }[] = []
  const failure: { failsAtInput?: number; error?: string } = {}
  let dropped = 0
  for (const [index, input] of (testCase.input ?? []).entries()) {
    try {
      pipe(driver, input)
    } catch (error) {
      failure.failsAtInput = index
      failure.error = (error as Error).message
      break
    }
    outputs.push(...collect(driver, index))
    if (restarts) driver.restart()
    const total = droppedBy(driver, built)
    if (total > dropped) drops.push({ afterInput: index, count: total - dropped })
    dropped = total
  }
  const finalState = tap === undefined ? {} : { finalState: stateOf(testCase, tap, built, driver) }
  driver.close()
  return { outputs, ...failure, dropped, drops, ...finalState }
}

/** The table whose content is wanted: the one named, else the one behind the first sink. */
function tappedNode(testCase: Case): string | undefined {
  if (testCase.finalStateOf !== undefined) return testCase.finalStateOf
  if (!('finalState' in testCase)) return undefined
  return testCase.topology?.nodes.find(({ op }) => op === 'to')?.from
}

/** The store of the table if it is named and without windows, else what its changes add up to. */
function stateOf(
  testCase: Case,
  id: string,
  built: BuiltCase,
  driver: TopologyTestDriver,
): unknown {
  const node = testCase.topology?.nodes.find((one) => one.id === id)
  const name = built.names.get(id)!
  if (typeof node?.store === 'string') {
    try {
      const rows = [...driver.store<unknown, unknown>(name).all()]
      return Object.fromEntries(rows.map(({ key, value }) => [text(key), value]))
    } catch (error) {
      if (!(error instanceof TopologyError)) throw error
    }
  }
  return Object.fromEntries(built.tapped)
}

function pipe(driver: TopologyTestDriver, input: CaseInput): void {
  if (input.advanceWallClockMs !== undefined) {
    driver.advanceWallClock(input.advanceWallClockMs)
    return
  }
  const { topic = '', key = null, value = null, ts = 0 } = input
  if (input.malformed === true) {
    const bytes = key === null ? null : new TextEncoder().encode(key)
    driver.pipeBytes(topic, { key: bytes, value: NOT_JSON, timestampMs: ts })
    return
  }
  driver.pipeInput(topic, { key, value, timestampMs: ts })
}

function collect(driver: TopologyTestDriver, afterInput: number): CaseOutput[] {
  return driver.producedTopics.flatMap((topic) =>
    driver.readOutput(caseTopic(topic)).map(({ key, value, timestampMs }) => {
      const line = { topic, value, ts: timestampMs, afterInput }
      if (key === null || typeof key === 'string') return { ...line, key }
      const { startMs } = key.window
      return { ...line, key: text(key.key), windowStart: startMs, windowEnd: endOf(key) }
    }),
  )
}

/** What Kafka would count: null keys before a repartition topic and what no branch took it does not. */
function droppedBy(driver: TopologyTestDriver, { topology }: BuiltCase): number {
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((total, count) => total + count, 0)
  const all = driver.drops()
  const silently = topology.nodes.map(({ kind, name }) =>
    kind === 'group' || kind === 'repartition' ? (driver.drops(name)['null-key'] ?? 0) : 0,
  )
  return sum(all) - (all.unrouted ?? 0) - silently.reduce((total, count) => total + count, 0)
}
