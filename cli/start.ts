// `millrace start`: runs a job until it is stopped, or to the end of its input.
import { Command } from 'commander'
import { inContext } from './command.ts'
import { loadJob } from './job.ts'
import { startJob } from './run-job.ts'

interface StartOptions {
  readonly once?: boolean
}

/** The command `start JOB`. */
export function startCommand(): Command {
  const command = new Command('start')
    .description('run a job until Ctrl-C or SIGTERM, then stop in good order')
    .argument('<job>', 'name of a job, or path of a module with a topology')
    .option('--once', 'stop when all input that is there now has been processed')
  return inContext<StartOptions>(command, async (context, [name = ''], { once }) => {
    const job = await loadJob(name)
    const running = await startJob(context, job, { once: once === true })
    context.logger.info(
      { url: running.url, broker: context.config.streams.bootstrapServers.address },
      `${job.topology.name} is running`,
    )
    await running.done
    // With --once a signal cuts the work short; without, it is the only way to end.
    if (once === true) context.signal.throwIfAborted()
  })
}
