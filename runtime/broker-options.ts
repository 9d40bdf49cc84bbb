// From the configuration to what the broker wants to know: broker/ knows nothing of config/.
import type { BrokerOptions } from '../broker/open.ts'
import type { StreamsConfig } from '../config/config.ts'

/** What `openBroker` takes, by a configuration. */
export function brokerOptions(config: StreamsConfig): BrokerOptions {
  const { bootstrapServers, clientId, applicationId, kafka, replicationFactor } = config
  if (bootstrapServers.kind === 'embedded') {
    return { kind: 'embedded', directory: bootstrapServers.directory }
  }
  return {
    kind: 'kafka',
    bootstrapServers: bootstrapServers.address,
    clientId: clientId ?? applicationId ?? 'millrace',
    settings: kafka,
    replicationFactor,
  }
}
