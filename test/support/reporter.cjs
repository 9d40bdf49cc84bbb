// Mocha's own report, and beyond it what failed where a test is tried again (`npm test -- --retries 1`, as the gate
// does): told as it happens and listed at the end, so that a second try hides nothing.
const { Runner, reporters } = require('mocha')

module.exports = class RetriesReporter extends reporters.Spec {
  #retried = []

  constructor(runner, options) {
    super(runner, options)
    runner.on(Runner.constants.EVENT_TEST_RETRY, (test, error) => {
      const title = test.fullTitle()
      this.#retried.push(title)
      console.log(`    failed, and is tried again: ${title}\n${error.stack ?? error}`)
    })
  }

  epilogue() {
    super.epilogue()
    for (const title of this.#retried) console.log(`  tried again: ${title}`)
  }
}
