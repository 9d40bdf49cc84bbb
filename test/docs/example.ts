// The examples of a page: each block of TypeScript is a module, and ends with what goes in and what comes
// out. Used by examples.test.ts.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../config/package-root.ts'

/** A line such as `// in orders "tom" = 5 @ 10s`, taken apart. */
export type Line =
  | {
      readonly kind: 'in' | 'out'
      readonly topic: string
      /** JSON, behind it the window of a windowed key. */
      readonly key: string
      readonly value: string
      readonly timestampMs: number
    }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'clock'; readonly byMs: number }

/** A block of TypeScript with the files that the page shows before it. */
export interface Example {
  /** The page and the line, for the test's name: `docs/operators/joins.md:12`. */
  readonly place: string
  readonly code: string
  readonly lines: readonly Line[]
  /** As of streams.properties: lines such as `// set poll.ms=5`. */
  readonly settings: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
}

const DIRECTORY = 'docs/operators'
const MIGRATION = 'docs/from-kafka-streams.md'
const BLOCK = /^```(\w+)(?: ([\w.-]+))?\n([^]*?)^```$/gm
const RECORD = /^(\S+) +(.+?) = (.+?) @ ([\d.]+)s$/

/** All examples of the pages about operators. @throws Error when a line is not understood. */
export function readExamples(): Example[] {
  const pages = readdirSync(join(packageRoot(), DIRECTORY)).filter((name) => name.endsWith('.md'))
  return [...pages.map((name) => `${DIRECTORY}/${name}`), MIGRATION].flatMap(examplesOf)
}

function examplesOf(page: string): Example[] {
  const text = readFileSync(join(packageRoot(), page), 'utf8')
  const files: Record<string, string> = {}
  const examples: Example[] = []
  for (const [, language, file, code] of text.matchAll(BLOCK)) {
    if (file !== undefined) files[file] = code!
    if (language !== 'ts') continue
    const place = `${page}:${text.slice(0, text.indexOf(code!)).split('\n').length}`
    const lines = linesOf(place, code!)
    examples.push({ place, code: code!, lines, settings: settingsOf(code!), files: { ...files } })
  }
  return examples
}

function settingsOf(code: string): Record<string, string> {
  const set = code.matchAll(/^\/\/ set +(\S+?)=(\S+)$/gm)
  return Object.fromEntries([...set].map(([, key, value]) => [key!, value!]))
}

function linesOf(place: string, code: string): Line[] {
  return [...code.matchAll(/^\/\/ (in|out|drop|clock) +(.*)$/gm)].map(([line, kind, rest]) => {
    if (kind === 'drop') return { kind, reason: rest! }
    if (kind === 'clock') return { kind, byMs: parseFloat(rest!) * 1_000 }
    const parts = RECORD.exec(rest!)
    if (parts === null) throw new Error(`${place}: write "${line}" as // in TOPIC KEY = VALUE @ 1s`)
    const [, topic, key, value, time] = parts as unknown as [string, string, string, string, string]
    const timestampMs = Number(time) * 1_000
    return { kind: kind as 'in' | 'out', topic, key, value, timestampMs }
  })
}
