// How `npm test` runs the tests. Tests open Kafka clients as the command line does, so they need as many
// threads of libuv's pool: mocha runs them in a process of its own, which has this environment.
process.env.UV_THREADPOOL_SIZE ??= '16'

module.exports = {
  spec: ['dist/test/**/*.test.js'],
  timeout: 20_000,
  'node-option': ['enable-source-maps'],
  exit: false,
  reporter: './test/support/reporter.cjs',
  require: ['dist/test/support/ends.js'],
}
