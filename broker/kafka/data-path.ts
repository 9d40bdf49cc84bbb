// The ways between the clients and the workers, and which one is taken: the native one where the addon
// is there and the client is a version that it was tested with, else the plain one.
import type { MessagePort } from 'node:worker_threads'
import { loadAddon, type Addon } from '../native/addon.ts'
import type { DataPathInfo } from '../client-figures.ts'
import type { ChannelSpec, Group, TopicPartition } from '../ports.ts'
import type { Beside } from './beside.ts'
import type { ClientFactory } from './clients.ts'
import type { Outbox, PartitionIntake } from './reading.ts'
import { consumerConf, nativeConf } from './settings.ts'

/** How rows get from and to the workers of a group. */
export interface DataPath {
  readonly info: DataPathInfo
  /** Where the other members' servers are; left out where the members cannot be asked for. */
  readonly servers?: () => string[]
  /** See `Group.members`. */
  readonly members?: NonNullable<Group['members']>
  /** See `Group.generation`; left out where the members cannot be asked for. */
  readonly generation?: NonNullable<Group['generation']>
  /** What the group has assigned. */
  readonly intake: PartitionIntake
  /** What is read besides. */
  readonly beside: Beside
  readonly outbox: Outbox
  /** What a worker is told of its channel; `close` ends what was opened for it. */
  openChannel(
    port: MessagePort,
    wake: () => void,
  ): { readonly spec: ChannelSpec; readonly close: () => void }
  /** Takes a batch that a worker has posted; `sent` is called when it is the client's. */
  produce(target: TopicPartition, packed: ArrayBuffer, sent: () => void): void
  /** Ends what goes on besides; intake and outbox are closed alone. */
  close?(): void
}

/** The addon to take, or why there is none. */
export type DataPathChoice =
  | { readonly path: 'native'; readonly addon: Addon; readonly addonPath: string }
  | { readonly path: 'plain'; readonly reason: string }

/** Versions of librdkafka that the addon was tested with: it uses what no contract promises. */
export const TESTED_LIBRDKAFKA: ReadonlySet<string> = new Set(['2.12.0'])

const PLUGINS = 'plugin.library.paths'

/** Which way the rows of a group take. */
export function chooseDataPath({ module, address, dataPath }: ClientFactory): DataPathChoice {
  if (dataPath === 'plain') return plain('it was asked for')
  const loaded = loadAddon()
  if (loaded.addon === undefined) return plain(`the addon is missing: ${loaded.reason}`)
  // What it learned last.
  if (typeof loaded.addon.giveMemoryBack !== 'function') {
    return plain('the addon was built for another version of Millrace: run "npm rebuild millrace"')
  }
  const version = module.librdkafkaVersion ?? 'unknown'
  if (!TESTED_LIBRDKAFKA.has(version)) {
    return plain(`librdkafka ${version} is not one that the addon was tested with`)
  }
  const { common, consumer, producer } = address.settings
  if ([common, consumer, producer].some((settings) => PLUGINS in settings)) {
    return plain(`${PLUGINS} is set to other plugins`)
  }
  const conf = { ...consumerConf(address, 'probe'), ...nativeConf(loaded.path, 'probe') }
  try {
    // Plugins are loaded while a client is made; it is never connected.
    new module.KafkaConsumer(conf, {})
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return plain(`librdkafka did not take the addon: ${reason}`)
  }
  return { path: 'native', addon: loaded.addon, addonPath: loaded.path }
}

const plain = (reason: string): DataPathChoice => ({ path: 'plain', reason })
