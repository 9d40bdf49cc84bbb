#!/usr/bin/env node
// The bin. CommonJS on purpose: loading an ES module already starts the thread pool, and its size
// cannot be changed after that. Each Kafka client blocks threads of it, and four are not enough.
process.env['UV_THREADPOOL_SIZE'] ??= '16'

/** How long what was closed may take to go away. */
const LEFT_OPEN_MS = 10_000

void import('./program.ts').then(async ({ runProgram }) => {
  process.exitCode = await runProgram(process.argv.slice(2))
  // All was closed in good order. What is still open, such as a file on a full disk, must not keep whoever
  // is to start the job anew waiting; the timer itself keeps nothing alive.
  setTimeout(() => process.exit(), LEFT_OPEN_MS).unref()
})
