// Runs drawn cases with Millrace and with Kafka Streams and shrinks what differs. A developer calls it:
//   node dist/test/fidelity/fuzz/fuzz.js --oracle DIRECTORY [--cases 1000] [--seed 1] [--first 0] [--store FILE]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { drawCase } from './draw-case.ts'
import { oracleOf, type Oracle } from './oracle.ts'
import { judge, shrink, type Verdict } from './shrink.ts'

const USAGE =
  'usage: fuzz --oracle DIRECTORY [--cases 1000] [--seed 1] [--first 0] [--batch 500] [--shrink 3] [--store FILE.json]'

interface Asked {
  readonly seed: number
  readonly first: number
  readonly cases: number
  readonly batch: number
  /** How many of the cases that differ are shrunk. */
  readonly shrink: number
  /** Where the cases that agree go, with their results beside them. */
  readonly store: string | undefined
}

function asked(): { oracle: Oracle; given: Asked } {
  const text = { type: 'string' } as const
  const names = {
    oracle: text,
    cases: text,
    seed: text,
    first: text,
    batch: text,
    shrink: text,
    store: text,
  }
  const { values } = parseArgs({ options: names })
  if (values.oracle === undefined) throw new Error(`the oracle's directory is missing\n${USAGE}`)
  const whole = (
    name: 'cases' | 'seed' | 'first' | 'batch' | 'shrink',
    instead: number,
  ): number => {
    const number = Number(values[name] ?? instead)
    if (!Number.isSafeInteger(number) || number < 0)
      throw new Error(`--${name} is no number\n${USAGE}`)
    return number
  }
  const given = {
    ...{ seed: whole('seed', 1), first: whole('first', 0), cases: whole('cases', 1000) },
    ...{ batch: Math.max(1, whole('batch', 500)), shrink: whole('shrink', 3), store: values.store },
  }
  return { oracle: oracleOf(values.oracle), given }
}

function show({ testCase, differences }: Verdict): void {
  console.log(`${testCase.id}: ${differences.join('\n  ')}`)
  for (const node of testCase.topology?.nodes ?? []) console.log('   ', JSON.stringify(node))
  const inputs = (testCase.input ?? []).map((one) => JSON.stringify(one))
  for (const [i, input] of inputs.entries()) console.log(`    ${i}`, input)
  if (testCase.topology === undefined) console.log('   ', JSON.stringify(testCase))
}

const lines = (values: readonly unknown[]): string =>
  `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]\n`

function store(file: string, verdicts: readonly Verdict[]): void {
  const agreeing = verdicts.filter((one) => {
    const { expected, found, reason, differences } = one
    const isAnswered =
      (expected.toolError ?? expected.unsupported ?? found.unsupported) === undefined
    return isAnswered && reason === undefined && differences.length === 0
  })
  writeFileSync(file, lines(agreeing.map(({ testCase }) => testCase)))
  const results = lines(agreeing.map(({ expected }) => expected))
  writeFileSync(file.replace(/(\.json)?$/, '.results.json'), results)
}

async function main(): Promise<void> {
  const { oracle, given } = asked()
  const counts = {
    cases: 0,
    agree: 0,
    rejected: 0,
    failed: 0,
    notAsked: 0,
    deliberate: 0,
    differ: 0,
  }
  const why = new Map<string, number>()
  const all: Verdict[] = []
  const differing: Verdict[] = []
  for (let at = 0; at < given.cases; at += given.batch) {
    const count = Math.min(given.batch, given.cases - at)
    const cases = Array.from({ length: count }, (_, i) =>
      drawCase(given.seed, given.first + at + i),
    )
    for (const verdict of await judge(cases, oracle)) {
      const { expected, found, differences, reason } = verdict
      const notAsked = expected.toolError ?? expected.unsupported ?? found.unsupported ?? reason
      if (notAsked !== undefined) why.set(notAsked, (why.get(notAsked) ?? 0) + 1)
      counts.cases += 1
      if (differences.length > 0) {
        differing.push(verdict)
        counts.differ += 1
        console.log(`${verdict.testCase.id}: ${differences[0]}`)
      } else if (reason !== undefined) counts.deliberate += 1
      else if (notAsked !== undefined) counts.notAsked += 1
      else counts.agree += 1
      if (expected.rejected === true) counts.rejected += 1
      if (expected.failsAtInput !== undefined) counts.failed += 1
      if (given.store !== undefined) all.push(verdict)
    }
    console.log(JSON.stringify(counts))
  }
  for (const [text, count] of why) console.log(`${count} times: ${text}`)
  for (const one of differing.slice(0, given.shrink)) show(await shrink(one, oracle))
  if (given.store !== undefined) store(given.store, all)
  process.exitCode = differing.length === 0 ? 0 : 1
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
