// How a command is put together: options that all have, a context around its run.
import { Command } from 'commander'
import { createContext, type CliContext, type CommonOptions } from './context.ts'

/**
 * Gives a command the common options, and runs `run` with a context, the arguments as written and
 * the options by name. What it throws becomes an error line and an exit code in program.ts.
 */
export function inContext<Options extends object>(
  command: Command,
  run: (context: CliContext, args: readonly string[], options: Options) => Promise<void>,
): Command {
  return command
    .option('--config <dir>', 'directory with *.properties files (default: those of the package)')
    .option('--set <key=value>', 'set a key; wins over the files; may be repeated', collect)
    .option('--verbose', 'log more, and show the stack of an error')
    .action(async () => {
      const context = createContext(command.opts<CommonOptions>())
      try {
        await run(context, command.args, command.opts<Options & CommonOptions>())
      } finally {
        await context.close()
      }
    })
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
