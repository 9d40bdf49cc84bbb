// Whether the work tree is slower than what it branched from: both run in turn in one session, so that
// what the machine does else hits both. `node dist/bench/regress.js [rounds] [rows] [ref]`.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../config/package-root.ts'

const ADDON = join('broker', 'native', 'build')
const FIGURES = ['rows_per_s', 'steady_rows_per_s', 'cpu_us_per_row', 'peak_rss_mb'] as const
type Figures = Readonly<Record<(typeof FIGURES)[number], number>>

const root = packageRoot()
const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()

/** Checks the base out into a directory, compiles it, and gives it an addon if the tree has one. */
function prepare(base: string, directory: string): void {
  git('worktree', 'add', '--detach', '--force', directory, base)
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [compiler, '-p', '.'], { cwd: directory, stdio: 'inherit' })
  if (!existsSync(join(root, ADDON))) return
  const isSame = spawnSync('git', ['diff', '--quiet', base, '--', 'broker/native'], { cwd: root })
  if (isSame.status === 0) {
    cpSync(join(root, ADDON), join(directory, ADDON), { recursive: true })
    return
  }
  // npm brings node-gyp.
  execFileSync('npm', ['run', 'install'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (!existsSync(join(directory, ADDON, 'Release', 'millrace.node'))) {
    throw new Error('the addon of the base was not built; see above')
  }
}

/** One run of the police job on the embedded log. */
function run(directory: string, rows: string): Figures {
  const script = join(directory, 'dist', 'bench', 'police-embedded.js')
  const out = execFileSync(process.execPath, [script, rows], { cwd: directory, encoding: 'utf8' })
  return JSON.parse(out) as Figures
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const [rounds = '5', rows = '300000', ref = 'main'] = process.argv.slice(2)
const base = git('merge-base', 'HEAD', ref)
const parent = mkdtempSync(join(tmpdir(), 'millrace-regress-'))
const directory = join(parent, 'base')
try {
  prepare(base, directory)
  const pairs: { readonly before: Figures; readonly now: Figures }[] = []
  for (let round = 0; round < Number(rounds); round++) {
    // Who goes first changes, so that neither always finds the warmer machine.
    const isFirst = round % 2 === 0
    const early = run(isFirst ? directory : root, rows)
    const late = run(isFirst ? root : directory, rows)
    pairs.push(isFirst ? { before: early, now: late } : { before: late, now: early })
  }
  console.log(`${pairs.length} pairs of ${rows} rows; base ${base.slice(0, 9)}, medians`)
  for (const figure of FIGURES) {
    const ratio = median(pairs.map(({ before, now }) => now[figure] / before[figure]))
    const [before, now] = (['before', 'now'] as const).map((side) =>
      median(pairs.map((pair) => pair[side][figure])),
    )
    console.log(`${figure.padEnd(20)} ${ratio.toFixed(3).padStart(8)}   base ${before}, now ${now}`)
  }
} finally {
  spawnSync('git', ['worktree', 'remove', '--force', directory], { cwd: root })
  rmSync(parent, { recursive: true, force: true })
}
