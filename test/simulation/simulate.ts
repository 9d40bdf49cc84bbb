// node dist/test/simulation/simulate.js --seeds N --first S: runs seeds one after the other and names those in
// which a promise was broken. --trace SEED tells all that happens in one.
import { parseArgs } from 'node:util'
import { runSeed } from './world.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    trace: { type: 'string' },
  },
})

if (values.trace !== undefined) {
  const result = await runSeed(Number(values.trace), (line) => console.log(line))
  console.log(result)
  process.exitCode = result.broken.length === 0 ? 0 : 1
} else {
  const first = Number(values.first)
  const seeds = Number(values.seeds)
  const startedMs = performance.now()
  let failed = 0
  let events = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const result = await runSeed(seed)
    events += result.events
    if (result.broken.length === 0) continue
    failed += 1
    console.log(`seed ${seed}: ${result.what}`)
    for (const broken of result.broken) console.log(`  ${broken}`)
    console.log(`  again, with all that happens: --trace ${seed}`)
  }
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
  console.log(`${seeds} seeds, ${events} events, ${failed} failed, ${seconds} s`)
  process.exitCode = failed === 0 ? 0 : 1
}
