// Builds programs of the addon's sources with a sanitizer of the compiler, and runs them: for the tests
// of what only C++ can do wrong.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageRoot } from '../../../config/package-root.ts'

/** What is looked for: bad addresses and undefined behaviour, or races. */
export type Sanitizer = 'address,undefined' | 'thread'

/** How a program ended. */
export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const COMPILER = process.env.CXX ?? 'g++'
const FLAGS = [
  '-std=c++17',
  '-O1',
  '-g',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fno-sanitize-recover=all',
]
/** Keeps addresses where a thread sanitizer expects them; needed under some kernels. */
const STILL = ['setarch', '-R']

/** Where the addon's sources lie. */
export const nativeDirectory = (): string => join(packageRoot(), 'broker', 'native')
const ownDirectory = (): string => join(packageRoot(), 'test', 'broker', 'native')

/** Sources of the addon whose names match. */
export function addonSources(names: RegExp): string[] {
  const found = readdirSync(nativeDirectory()).filter((file) => names.test(file))
  return found.map((file) => join(nativeDirectory(), file))
}

/** Programs built with one sanitizer, in a directory of their own. */
export class SanitizedBuild {
  readonly #directory = mkdtempSync(join(tmpdir(), 'millrace-sanitized-'))
  readonly #flags: readonly string[]
  #prefix: readonly string[] = []

  constructor(sanitizer: Sanitizer) {
    this.#flags = [...FLAGS, `-fsanitize=${sanitizer}`]
  }

  /** Why nothing can be built or run here, or undefined. */
  unavailable(): string | undefined {
    if (spawnSync(COMPILER, ['--version']).status !== 0) return `there is no ${COMPILER}`
    const source = join(this.#directory, 'probe.cc')
    writeFileSync(source, 'int main() { return 0; }\n')
    const probe = join(this.#directory, 'probe')
    const { status, stderr } = spawnSync(COMPILER, [...this.#flags, '-o', probe, source], TEXT)
    const sanitizer = this.#flags.at(-1)
    if (status !== 0) return `${COMPILER} has no ${sanitizer}: ${stderr.trim().split('\n').at(-1)}`
    if (this.run('probe').status === 0) return undefined
    this.#prefix = STILL
    return this.run('probe').status === 0
      ? undefined
      : `what is built with ${sanitizer} does not run`
  }

  /** Builds a program of sources in test/broker/native and of the addon's; `args` come last. */
  build(
    program: string,
    own: readonly string[],
    addon: readonly string[],
    args: string[] = [],
  ): void {
    const sources = [...own.map((file) => join(ownDirectory(), file)), ...addon]
    this.#compile(['-o', join(this.#directory, program), ...sources, ...args])
  }

  /** Builds a library for programs of this directory. @returns what a program needs to use it. */
  library(name: string, own: readonly string[], args: readonly string[]): string[] {
    const path = join(this.#directory, `lib${name}.so`)
    const sources = own.map((file) => join(ownDirectory(), file))
    this.#compile(['-shared', '-fPIC', '-o', path, ...sources, ...args])
    return [`-L${this.#directory}`, `-l${name}`, `-Wl,-rpath,${this.#directory}`, '-ldl']
  }

  /** Runs a program to its end. */
  run(program: string, ...args: string[]): Ended {
    const [command = '', ...rest] = [...this.#prefix, join(this.#directory, program), ...args]
    return spawnSync(command, rest, TEXT)
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #compile(args: readonly string[]): void {
    const { status, stderr } = spawnSync(COMPILER, [...this.#flags, ...args], TEXT)
    expect(status, `${COMPILER}: ${stderr}`).to.equal(0)
  }
}

const TEXT = { encoding: 'utf8' } as const

/**
 * Leaves a suite out where its build is not possible, and says in its name why; fails instead where
 * the addon is required.
 */
export function skipUnlessAvailable(context: Mocha.Context, build: SanitizedBuild): void {
  const reason = build.unavailable()
  if (reason === undefined) return
  expect(process.env.MILLRACE_REQUIRE_ADDON, reason).to.equal(undefined)
  for (const test of context.test?.parent?.tests ?? []) test.title += ` (left out: ${reason})`
  context.skip()
}

/** The headers of the librdkafka that the addon knows. */
export const vendorDirectory = (): string => {
  const directory = join(nativeDirectory(), 'vendor')
  expect(existsSync(join(directory, 'rdkafka.h'))).to.equal(true)
  return directory
}
