// Ends a test run that would never end: what is left open when all tests are over is named, and fails it.
// Loaded by mocha before the tests.

/** How long what was closed may take to go away. */
const PATIENCE_MS = 60_000

/** What is read of Node's diagnostic report. */
interface Report {
  readonly libuv: readonly {
    readonly type: string
    readonly is_active?: boolean
    readonly is_referenced?: boolean
  }[]
  readonly workers: readonly unknown[]
}

export const mochaHooks = {
  afterAll(): void {
    // It keeps nothing alive itself, so it is called only where something else does.
    setTimeout(() => {
      console.error(`The tests are over, but the process does not end: ${left().join('; ')}`)
      // Mocha sets the code of its own as the process exits; this comes after it.
      process.on('exit', () => (process.exitCode = 1))
      process.exit()
    }, PATIENCE_MS).unref()
  },
}

// A Kafka client that is not closed is an `async` here, or several. Workers are counted until their memory is
// given back, so that some have ended.
function left(): string[] {
  const { libuv, workers } = process.report.getReport() as unknown as Report
  const handles = libuv.filter((each) => each.is_active === true && each.is_referenced === true)
  return [
    `active handles: ${handles.map(({ type }) => type).join(', ')}`,
    `active resources: ${process.getActiveResourcesInfo().join(', ')}`,
    `workers: ${workers.length}`,
  ]
}
