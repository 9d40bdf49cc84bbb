// Ends a test run that would never end: what is left open when all tests are over is named, and fails it.
// Loaded by mocha before the tests.

/** How long what was closed may take to go away. */
const PATIENCE_MS = 60_000

export const mochaHooks = {
  afterAll(): void {
    // It keeps nothing alive itself, so it is called only where something else does.
    setTimeout(() => {
      const left = process.getActiveResourcesInfo().join(', ')
      console.error(
        `The tests are over, but the process does not end. Node knows of: ${left}. A client of Kafka that is not closed is not among them.`,
      )
      process.exit(1)
    }, PATIENCE_MS).unref()
  },
}
