// The command line as a whole: its commands, and how an error becomes a line and an exit code.
import { Command, CommanderError } from 'commander'
import { connectCommand } from './connect.ts'
import { demoCommand } from './demo.ts'
import { describeCommand } from './describe.ts'
import { doctorCommand } from './doctor.ts'
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from './exit-codes.ts'
import { explain } from './explain.ts'
import { generateCommand } from './generate.ts'
import { replayCommand } from './replay.ts'
import { resetCommand } from './reset.ts'
import { simulateCommand } from './simulate.ts'
import { startCommand } from './start.ts'
import { tailCommand } from './tail.ts'
import { topicsCommand } from './topics.ts'
import { tuneCommand } from './tune.ts'
import { versionOfPackage } from './version.ts'

const COMMANDS: readonly (() => Command)[] = [
  demoCommand,
  startCommand,
  describeCommand,
  topicsCommand,
  tailCommand,
  replayCommand,
  generateCommand,
  simulateCommand,
  connectCommand,
  tuneCommand,
  resetCommand,
  doctorCommand,
]

/**
 * Runs one command line (without node and the script) and answers the exit code. Errors go to stderr
 * as one line each; nothing is thrown.
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    const isReported = error instanceof CommanderError
    const lines = isReported ? '' : explain(error, args.includes('--verbose'))
    process.stderr.write(lines)
    return exitCodeOf(error)
  }
}

function createProgram(): Command {
  const program = new Command('millrace')
    .description(
      'Declarative, partitioned, stateful stream processing on Kafka or an embedded log.',
    )
    .version(versionOfPackage())
    .configureOutput({
      outputError: (text, write) => {
        write(onOneLine(text))
      },
    })
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride()
  for (const create of COMMANDS) {
    const command = create()
    // Commander hands this on only to commands that are made by the program itself.
    command.copyInheritedSettings(program)
    program.addCommand(command)
  }
  return program
}

/** Commander puts its suggestion on a second line. */
function onOneLine(text: string): string {
  const [line, ...hints] = text.trim().split('\n')
  return `${line} ${hints.join(' ') || '(--help shows what can be written)'}\n`
}
