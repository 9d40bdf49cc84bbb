// What the demo needs to run its job twice in one process: a connection for each run, and a port that is
// known to be free before minutes are spent on anything else.
import { openBroker } from '../broker/open.ts'
import { ServerError, startServer } from '../server/http-server.ts'
import { brokerOptions } from '../runtime/broker-options.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'

/**
 * A context with a broker connection of its own: one serves the group of one run only.
 * @throws BrokerError
 */
export async function openJobContext(context: CliContext): Promise<CliContext> {
  const broker = await openBroker(brokerOptions(context.config.streams))
  return { ...context, openBroker: () => Promise.resolve(broker), close: () => broker.close() }
}

/** @throws UsageError when the server could not listen, with what to write instead of `command`. */
export async function checkServerPort(
  { config: { server } }: CliContext,
  command: string,
): Promise<void> {
  if (!server.enabled) return
  try {
    const probe = await startServer({
      host: server.host,
      port: server.port,
      applicationId: 'demo',
      metrics: () => [],
      health: () => ({ status: 'ok', reasons: [] }),
      progress: () => [],
      watchProgress: () => () => undefined,
      topology: () => '',
      onError: () => undefined,
    })
    await probe.close()
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== 'MILLRACE_SERVER_PORT') throw error
    const free = server.port >= 1_024 && server.port < 65_535 ? server.port + 1 : 8081
    const hint = `${command} -- --set server.port=${free}`
    throw new UsageError(`${error.message}; for example: ${hint}`, { cause: error })
  }
}
