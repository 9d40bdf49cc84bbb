// How `npm test` runs the tests. Tests open Kafka clients as the command line does, so they need as many
// threads of libuv's pool: mocha runs them in a process of its own, which has this environment.
process.env.UV_THREADPOOL_SIZE ??= '16'

/** Files that are run instead of all, by lines: mocha would add those of its command line to all others. */
const files = process.env.TEST_FILES?.trim().split('\n')

module.exports = {
  spec: files ?? ['dist/test/**/*.test.js'],
  timeout: 20_000,
  'node-option': ['enable-source-maps'],
  exit: false,
  reporter: './test/support/reporter.cjs',
  require: ['dist/test/support/ends.js'],
}
