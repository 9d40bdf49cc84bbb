// How long the compiler takes for a topology of many nodes: `npm run build && node dist/bench/typecheck.js`.
// It is compared with one that only reads a topic and writes one, so that start-up and declarations cancel out.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../config/package-root.ts'

const ROUNDS = 7
const NODES = Number(process.argv[2] ?? 50)
const FLAGS =
  '--noEmit --strict --skipLibCheck --target es2023 --module nodenext --noUncheckedIndexedAccess --exactOptionalPropertyTypes'

const HEAD = `import { defineTopology, hopping, json, minutes, topic, utf8 } from 'millrace'
const call = json.object({ kind: json.string(), city: json.string(), size: json.number() })
const calls = topic('calls', { key: utf8, value: call })
const out = topic('out', { key: utf8, value: utf8 })
const emit = 'on-update'
export default defineTopology('bench', ({ source }) => {
  const all = source('calls', calls, { malformed: 'fail' })
  all.mapValues('text', (one) => one.city).to('out', out)
`

/** Six nodes: what a user writes most, each with types that follow from those before it. */
const block = (i: number): string => `  all
    .filter('large-${i}', (one) => one.size > ${i})
    .mapValues('double-${i}', (one) => ({ city: one.city, double${i}: one.size * 2 }))
    .groupBy('by-city-${i}', (one) => one.city, utf8, json.any<{ city: string; double${i}: number }>())
    .windowedBy(hopping({ size: minutes(60), advance: minutes(10), grace: minutes(5) }))
    .aggregate('sum-${i}', {
      initialize: () => 0,
      add: (sum, one) => sum + one.double${i},
      value: json.any<number>(),
      emit,
    })
    .toStream('sums-${i}')
    .forEach('seen-${i}', (sum) => { const _: number | null = sum })
`

function compileMs(directory: string, name: string): number {
  const compiler = join(packageRoot(), 'node_modules/typescript/bin/tsc')
  const args = [compiler, '--ignoreConfig', ...FLAGS.split(' '), join(directory, name)]
  const before = performance.now()
  execFileSync(process.execPath, args, { cwd: packageRoot(), stdio: 'inherit' })
  return performance.now() - before
}

/** What else the machine does only makes it longer. */
const least = (values: readonly number[]): number => Math.min(...values)

mkdirSync(join(packageRoot(), '.data'), { recursive: true })
const directory = mkdtempSync(join(packageRoot(), '.data', 'typecheck-'))
try {
  // A block has six nodes, the head three.
  const blocks = Array.from({ length: Math.ceil((NODES - 3) / 6) }, (_, i) => block(i))
  writeFileSync(join(directory, 'small.ts'), `${HEAD}})\n`)
  writeFileSync(join(directory, 'large.ts'), `${HEAD}${blocks.join('')}})\n`)
  const times = Array.from({ length: ROUNDS }, () => ({
    small: compileMs(directory, 'small.ts'),
    large: compileMs(directory, 'large.ts'),
  }))
  const small = least(times.map((one) => one.small))
  const large = least(times.map((one) => one.large))
  const nodes = blocks.length * 6 + 3
  console.log(`3 nodes ${small.toFixed(0)} ms, ${nodes} nodes ${large.toFixed(0)} ms`)
  console.log(
    `ratio ${(large / small).toFixed(2)}, ${((large - small) / (nodes - 3)).toFixed(1)} ms a node`,
  )
} finally {
  rmSync(directory, { recursive: true, force: true })
}
