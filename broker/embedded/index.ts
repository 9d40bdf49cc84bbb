// The embedded broker: a durable log in a directory, with no server. What the rest may import of it.
export { openEmbeddedBroker, type EmbeddedBrokerOptions } from './broker.ts'
export { openEmbeddedDataPort, type EmbeddedChannel } from './data-port.ts'
