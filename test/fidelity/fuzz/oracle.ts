// Asks Kafka Streams itself: runs many cases in one go by the program `oracle` of a directory, which is not part of this project.
import { spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case, CaseResult } from '../case.ts'

/** What Kafka Streams gives for cases, in their order. */
export type Oracle = (cases: readonly Case[], options?: readonly string[]) => Promise<CaseResult[]>

/**
 * The oracle in a directory: an executable `oracle` that reads an array of cases from the file named and prints an
 * array of results. @throws Error that says what is missing
 */
export function oracleOf(directory: string): Oracle {
  const program = join(directory, 'oracle')
  try {
    accessSync(program, constants.X_OK)
  } catch {
    throw new Error(
      `${program} is missing or cannot be run: --oracle DIRECTORY names where the program is that runs cases with Kafka Streams`,
    )
  }
  if (spawnSync('java', ['-version']).error !== undefined) {
    throw new Error('java is missing: the oracle needs Java 17 or later, and Maven the first time')
  }
  return (cases, options = []) => run(program, cases, options)
}

/** A case that is refused leaves its files of versioned stores open: no other case may have their names. */
function withOwnStores(testCase: Case, i: number): Case {
  if (testCase.topology === undefined || testCase.kind === 'describe') return testCase
  const nodes = testCase.topology.nodes.map((node) =>
    node.versionedHistoryMs === undefined ? node : { ...node, store: `${String(node.store)}-${i}` },
  )
  return { ...testCase, topology: { nodes } }
}

async function run(
  program: string,
  cases: readonly Case[],
  options: readonly string[],
): Promise<CaseResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'))
  const [asked, answered] = [join(directory, 'cases.json'), join(directory, 'results.json')]
  try {
    writeFileSync(asked, JSON.stringify(cases.map(withOwnStores)))
    const output = openSync(answered, 'w')
    const child = spawn(program, [asked, ...options], { stdio: ['ignore', output, 'pipe'] })
    closeSync(output)
    let errors = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve)
    })
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${errors}`)
    return JSON.parse(readFileSync(answered, 'utf8')) as CaseResult[]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
