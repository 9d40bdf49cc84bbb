// Opens the data side of a channel in a worker; each implementation is loaded only where it is used.
import type { ChannelSpec, DataPort } from './ports.ts'

/** The data port behind what `Group.openChannel` gave. @throws BrokerError */
export async function openDataPort(spec: ChannelSpec): Promise<DataPort> {
  if (spec.kind === 'embedded') {
    const { openEmbeddedDataPort } = await import('./embedded/index.ts')
    return openEmbeddedDataPort(spec)
  }
  if (spec.kind === 'kafka-native') {
    const { openNativeDataPort } = await import('./kafka/native-data-port.ts')
    return openNativeDataPort(spec)
  }
  const { openPlainDataPort } = await import('./kafka/plain-data-port.ts')
  return openPlainDataPort(spec)
}
