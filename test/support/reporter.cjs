// Mocha's own report, and beyond it the files in which tests failed, for who wants to run these again: they are
// written to the file that FAILED_TEST_FILES names, one a line.
const { writeFileSync } = require('node:fs')
const { Runner, reporters } = require('mocha')

module.exports = class FailedFilesReporter extends reporters.Spec {
  #failed = new Set()

  constructor(runner, options) {
    super(runner, options)
    // A hook is in no file, but its suite is.
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test) =>
      this.#failed.add(test.file ?? test.parent.file),
    )
  }

  epilogue() {
    super.epilogue()
    const list = process.env.FAILED_TEST_FILES
    if (list !== undefined)
      writeFileSync(list, [...this.#failed].map((file) => `${file}\n`).join(''))
  }
}
