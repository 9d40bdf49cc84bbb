// `millrace describe`: what a job is made of, without running it.
import { Command, Option } from 'commander'
import { inContext } from './command.ts'
import { loadJob } from './job.ts'

interface DescribeOptions {
  readonly format: 'text' | 'mermaid' | 'json'
}

/** The command `describe JOB`. */
export function describeCommand(): Command {
  const command = new Command('describe')
    .description('print the sub-topologies, stores and topics of a job; nothing is run')
    .argument('<job>', 'name of a job, or path of a module with a topology')
    .addOption(
      new Option('--format <format>', 'text, as Kafka Streams prints it, mermaid or json')
        .choices(['text', 'mermaid', 'json'])
        .default('text'),
    )
  return inContext<DescribeOptions>(command, async (context, [job = ''], { format }) => {
    const { topology } = await loadJob(job)
    await context.write(`${topology.describe({ format }).trimEnd()}\n`)
  })
}
