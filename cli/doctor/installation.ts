// What is installed: Node, the addon, the client of Kafka and what that was built with. For doctor.ts.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { inspectKafkaClient, type KafkaClientInfo } from '../../broker/kafka.ts'
import { loadAddon } from '../../broker/native/addon.ts'
import type { StreamsConfig } from '../../config/config.ts'
import { finding, type Finding } from './finding.ts'

const NODE_MIN = [20, 19] as const

/** Whether this Node is one that Millrace runs on. */
export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])
  if (isEnough) return finding('node', 'ok', `v${version}`)
  return finding(
    'node',
    'problem',
    `v${version} is too old`,
    `install ${NODE_MIN.join('.')} or later`,
  )
}

/** Whether the native addon works, and if not, what it takes to build it. */
export function checkAddon(loaded = loadAddon(), missing = missingTools()): Finding {
  if (loaded.addon === undefined) {
    const tools = missing.length === 0 ? '' : `install ${missing.join(', ')}, then `
    const message = `not loaded, so that everything is slower: ${loaded.reason}`
    return finding('addon', 'warning', message, `${tools}run "npm rebuild millrace"`)
  }
  // The youngest of its functions.
  if (typeof loaded.addon.groupMembers === 'function') return finding('addon', 'ok', 'loaded')
  const message = 'built for another version of Millrace'
  return finding('addon', 'warning', message, 'run "npm rebuild millrace"')
}

const TOOLS: readonly (readonly [name: string, ...commands: string[]])[] = [
  ['a C++ compiler', 'c++', 'g++', 'clang++'],
  ['make', 'make', 'gmake'],
  ['Python 3', 'python3', 'python'],
]

/** What building takes and is not on the PATH. */
function missingTools(): string[] {
  const directories = (process.env.PATH ?? '').split(delimiter)
  const isThere = (command: string): boolean =>
    directories.some((directory) => {
      try {
        accessSync(join(directory, command), constants.X_OK)
        return true
      } catch {
        return false
      }
    })
  return TOOLS.filter(([, ...commands]) => !commands.some(isThere)).map(([name]) => name)
}

/** The client of Kafka; `isNeeded` when the configuration asks for Kafka. */
export async function checkClient(
  config: StreamsConfig | undefined,
  inspect: () => Promise<KafkaClientInfo> = inspectKafkaClient,
): Promise<Finding[]> {
  const isNeeded = config?.bootstrapServers.kind === 'kafka'
  let client: KafkaClientInfo
  try {
    client = await inspect()
  } catch (error) {
    if (!isNeeded) return [finding('client', 'ok', 'not installed; only Kafka needs it')]
    return [finding('client', 'problem', error instanceof Error ? error.message : String(error))]
  }
  const { librdkafka, isTested } = client
  const version = `node-rdkafka with librdkafka ${librdkafka}`
  const tested = isTested
    ? finding('client', 'ok', `${version}, which the addon was tested with`)
    : finding(
        'client',
        'warning',
        `${version}, which the addon was not tested with: records pass the main thread, slower`,
        'install the version in package.json',
      )
  return [tested, checkFeatures(client, config)]
}

/** Features by what they take to be built; `sasl` without it can do PLAIN and SCRAM, where there is ssl. */
const FEATURES: Readonly<Record<string, string>> = {
  gzip: 'zlib1g-dev',
  snappy: 'a C++ compiler',
  lz4: 'liblz4-dev',
  zstd: 'libzstd-dev',
  ssl: 'libssl-dev',
  sasl: 'libsasl2-dev',
}

function checkFeatures({ features }: KafkaClientInfo, config: StreamsConfig | undefined): Finding {
  const missing = Object.keys(FEATURES).filter((name) => !features.includes(name))
  if (missing.length === 0) return finding('codecs', 'ok', Object.keys(FEATURES).join(', '))
  const protocol = (config?.kafka.common['security.protocol'] ?? '').toLowerCase()
  const needed = missing.filter((name) => protocol.includes(name))
  const packages = missing.map((name) => FEATURES[name]).join(', ')
  const rebuild = `install ${packages}, then run "npm rebuild node-rdkafka"`
  if (needed.length > 0) {
    const message = `the client was built without ${needed.join(', ')}, which security.protocol asks for`
    return finding('codecs', 'problem', message, rebuild)
  }
  const message = `the client was built without ${missing.join(', ')}: topics or brokers that use it are out of reach`
  return finding('codecs', 'warning', message, rebuild)
}
