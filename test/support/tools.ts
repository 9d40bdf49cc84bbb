// Programs that some tests need beside Node. A missing one fails the test with what to install, so that
// nothing is skipped unnoticed; MILLRACE_NO_STACK_TESTS=1 leaves these tests out on purpose.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Context } from 'mocha'

const installedBy = {
  chromium: 'apt-get install chromium',
  prometheus: 'apt-get install prometheus',
  promtool: 'apt-get install prometheus',
  'docker-compose': 'sh test/support/set-up.sh',
} as const

/** Where our own installation script puts what no system package has. */
const OWN_BIN = join('.data', 'tools', 'compose', 'bin')

/**
 * The path of a program; skips the test when it is to be left out.
 * @throws Error that says how to install the program.
 */
export function toolOrSkip(context: Context, name: keyof typeof installedBy): string {
  if (process.env['MILLRACE_NO_STACK_TESTS'] !== undefined) context.skip()
  const directories =
    name === 'docker-compose' ? [OWN_BIN] : (process.env['PATH'] ?? '').split(delimiter)
  const found = directories.map((directory) => join(directory, name)).find(isExecutable)
  if (found === undefined) {
    throw new Error(
      `${name} is needed for this test: run \`${installedBy[name]}\`, or set MILLRACE_NO_STACK_TESTS=1`,
    )
  }
  return found
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
