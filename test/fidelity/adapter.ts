// Reads cases from the file named, else from standard input, and prints the results, one a line.
import { readFileSync } from 'node:fs'
import type { Case } from './case.ts'
import { runCase } from './run-case.ts'

const cases = JSON.parse(readFileSync(process.argv[2] ?? 0, 'utf8')) as Case[]
const lines = cases.map((testCase) => JSON.stringify(runCase(testCase)))
process.stdout.write(`[\n${lines.join(',\n')}\n]\n`)
