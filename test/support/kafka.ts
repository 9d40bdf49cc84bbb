// A real Apache Kafka broker (KRaft, one node) from its published jars, for tests and for developers:
// `node dist/test/support/kafka.js start|stop`. Needs Java 17 and, the first time, Maven.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, Socket, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A running broker. */
export interface Kafka {
  /** `host:port`, for `bootstrap.servers`. */
  readonly bootstrapServers: string
  /** Lets the broker stand still, as one that is cut off, until `resume`. */
  pause(): void
  resume(): void
  /** Ends the broker by a signal, and starts it again after so long over the data that it has; resolves when it serves. */
  restart(signal: 'SIGTERM' | 'SIGKILL', downMs?: number): Promise<void>
  /** Ends the broker and deletes its data. */
  stop(): Promise<void>
}

/** Lines of a broker's `server.properties`. */
export type BrokerSettings = Readonly<Record<string, string | number>>

const START_MS_MAX = 90_000
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qk'

const root = packageRoot(import.meta.dirname)
const home = resolve(process.env.KAFKA_DIR ?? join(root, '.data', 'kafka'))
const run = promisify(execFile)

let shared: Promise<Kafka> | undefined

/** The one broker that all test files of this process use; it ends when the process does. */
export function sharedKafka(): Promise<Kafka> {
  shared ??= startKafka()
  return shared
}

/**
 * Starts a broker of its own on free ports, with its data in a temporary directory, and waits until
 * it serves. It does not keep the process alive and ends with it, even if that is killed.
 * @param settings of the broker, over those that all have.
 * @throws Error with the end of the broker's log when it does not start.
 */
export async function startKafka(settings: BrokerSettings = {}): Promise<Kafka> {
  const [port, controllerPort] = await freePorts()
  const directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-'))
  await prepare(directory, port, controllerPort, settings)
  let broker: ChildProcess
  let reaper: ChildProcess
  const start = async () => {
    broker = await launch(directory)
    reaper = reap(broker, directory)
    await ready(broker, directory)
    broker.unref()
  }
  const pause = () => broker.kill('SIGSTOP')
  const resume = () => broker.kill('SIGCONT')
  const stop = async () => {
    reaper.kill('SIGKILL')
    await end(broker)
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  const restart = async (signal: 'SIGTERM' | 'SIGKILL', downMs = 0) => {
    await end(broker, signal)
    reaper.kill('SIGKILL')
    await sleep(downMs)
    await start()
  }
  try {
    await start()
  } catch (cause) {
    await stop()
    throw cause
  }
  return { bootstrapServers: `127.0.0.1:${port}`, pause, resume, restart, stop }
}

/** Ends a broker, and deletes its data, when this process ends, however it ends: the shell outlives it for a moment. */
function reap(broker: ChildProcess, directory: string): ChildProcess {
  const script = 'cat > /dev/null; kill -9 "$0"; rm -rf "$1"'
  const reaper = spawn('sh', ['-c', script, `${broker.pid}`, directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  reaper.unref()
  const { stdin } = reaper
  if (stdin instanceof Socket) stdin.unref()
  return reaper
}

/** Starts the developer's broker (port 9092, or `KAFKA_PORT`), which goes on after this process. */
async function startForDeveloper(): Promise<void> {
  await stopForDeveloper()
  const directory = join(home, 'developer')
  await mkdir(directory, { recursive: true })
  const port = Number(process.env.KAFKA_PORT ?? 9092)
  await prepare(directory, port, port + 1)
  const broker = await launch(directory, { detached: true })
  await writeFile(join(directory, 'pid'), `${broker.pid}`)
  await ready(broker, directory)
  broker.unref()
  console.log(`127.0.0.1:${port}`)
}

async function stopForDeveloper(): Promise<void> {
  const directory = join(home, 'developer')
  const pid = await readFile(join(directory, 'pid'), 'utf8').catch(() => undefined)
  if (pid !== undefined && isAlive(Number(pid))) {
    process.kill(Number(pid), 'SIGKILL')
    while (isAlive(Number(pid))) await sleep(50)
  }
  await rm(directory, { recursive: true, force: true })
}

/** A broker of a suite ends before the second compiler has paid for itself. */
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']

const propertiesIn = (directory: string): string => join(directory, 'server.properties')
const classPath = async (): Promise<string[]> => ['-cp', join(await fetchJars(), '*')]

/** Writes what a broker is to be, and formats its storage. */
async function prepare(
  directory: string,
  port: number,
  controllerPort: number,
  settings: BrokerSettings = {},
): Promise<void> {
  const file = propertiesIn(directory)
  const more = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
  await writeFile(file, serverProperties(directory, port, controllerPort) + more.join(''))
  const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file]
  await run('java', [...SHORT_LIVED, ...(await classPath()), ...format])
}

/** Starts the broker that is prepared there. */
async function launch(directory: string, { detached = false } = {}): Promise<ChildProcess> {
  const classes = await classPath()
  const log = openSync(join(directory, 'broker.log'), 'w')
  // The developer's broker is there for hours: it may become as quick as it can.
  const life = detached ? [] : SHORT_LIVED
  const memory = ['-Xms512m', '-Xmx1g', '-Dlog4j2.level=INFO']
  return spawn('java', [...life, ...memory, ...classes, 'kafka.Kafka', propertiesIn(directory)], {
    stdio: ['ignore', log, log],
    detached,
  })
}

/** The jars, fetched once into `home`; several processes may ask at the same time. */
async function fetchJars(): Promise<string> {
  const libs = join(home, 'libs')
  if (existsSync(libs)) return libs
  await mkdir(home, { recursive: true })
  const fetched = await mkdtemp(join(home, 'libs-'))
  const pom = join(root, 'test', 'support', 'kafka', 'pom.xml')
  await run('mvn', [
    ...['-q', '-B', '-f', pom, 'dependency:copy-dependencies'],
    ...[`-DoutputDirectory=${fetched}`, '-DincludeScope=runtime'],
  ])
  await rename(fetched, libs).catch(() => rm(fetched, { recursive: true, force: true }))
  return libs
}

async function ready(broker: ChildProcess, directory: string): Promise<void> {
  const log = join(directory, 'broker.log')
  const deadline = Date.now() + START_MS_MAX
  for (;;) {
    const text = readFileSync(log, 'utf8')
    if (text.includes('Kafka Server started')) return
    if (broker.exitCode !== null || Date.now() > deadline) {
      throw new Error(`Kafka did not start; the end of its log:\n${text.slice(-3000)}`)
    }
    await sleep(50)
  }
}

async function end(broker: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return
  const ended = new Promise((done) => broker.once('exit', done))
  broker.ref()
  broker.kill(signal)
  await ended
}

function serverProperties(directory: string, port: number, controllerPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${join(directory, 'data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.hours=-1
`
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const
  const ports = servers.map(
    (server) =>
      new Promise<number>((done) => {
        server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port))
      }),
  )
  const [first = 0, second = 0] = await Promise.all(ports)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return [first, second]
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function packageRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : packageRoot(dirname(from))
}

if (process.argv[1] === import.meta.filename) {
  const commands: Record<string, () => Promise<void>> = {
    start: startForDeveloper,
    stop: stopForDeveloper,
  }
  const command = commands[process.argv[2] ?? '']
  if (command === undefined) {
    console.error('usage: node dist/test/support/kafka.js start|stop')
    process.exitCode = 2
  } else {
    await command()
  }
}
