// Builds the addon when the package is installed. Without a compiler everything works but slower, so
// a build that fails is told of and does not fail the installation.
const { spawnSync } = require('node:child_process')
const { join } = require('node:path')

const nodeGyp = process.env.npm_config_node_gyp
const [command, ...script] = nodeGyp === undefined ? ['node-gyp'] : [process.execPath, nodeGyp]
const { status, error, stdout, stderr } = spawnSync(
  command,
  [...script, 'rebuild', '--directory', __dirname],
  { encoding: 'utf8', shell: false },
)
if (status !== 0) {
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')
  // The first error is the cause; those behind it say that the build has failed.
  const cause = said.find((line) => /error: /i.test(line))?.replace(/^gyp ERR! (stack )?/, '')
  const why = error?.message ?? cause ?? `exit code ${status}`
  console.warn(
    `millrace: the native data plane was not built (${why.trim()}). Millrace runs without it, several times slower;\n` +
      `install a C++ compiler, make and Python, and run "npm rebuild millrace" in your project, or "node ${join(__dirname, 'install.cjs')}".`,
  )
}
