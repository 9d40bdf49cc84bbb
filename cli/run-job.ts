// The one place where the command line starts the runtime. Used by start and demo.
import type { CliContext } from './context.ts'
import type { LoadedJob } from './job.ts'

/** How long a job runs. */
export interface RunJobOptions {
  /** Stop at the ends of the input known at the start. */
  readonly once: boolean
}

/** Runs a job in this process; resolves after an orderly stop, which `context.signal` asks for. */
export function runJob(
  context: CliContext,
  { topology }: LoadedJob,
  _options: RunJobOptions,
): Promise<void> {
  context.logger.debug({ job: topology.name }, 'starting')
  return Promise.reject(new Error('the runtime is not wired to the command line yet'))
}
