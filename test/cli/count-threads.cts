// Required before the program, it writes the number of the process's threads to stderr at the end.
const fs = process.getBuiltinModule('node:fs')

process.once('beforeExit', () => {
  // The pool starts with its first piece of work, all threads at once.
  fs.stat('.', () => {
    fs.writeSync(2, `threads: ${fs.readdirSync('/proc/self/task').length}\n`)
  })
})
