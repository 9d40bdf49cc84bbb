#!/usr/bin/env node
// The bin. CommonJS on purpose: loading an ES module already starts the thread pool, and its size
// cannot be changed after that. Each Kafka client blocks threads of it, and four are not enough.
process.env['UV_THREADPOOL_SIZE'] ??= '16'

void import('./program.ts').then(async ({ runProgram }) => {
  process.exitCode = await runProgram(process.argv.slice(2))
})
