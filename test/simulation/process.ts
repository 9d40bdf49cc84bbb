// A simulated process that runs the job: the real runStreams machinery over the port of a simulated group. It
// is killed, stands still, is stopped and comes back; its state directory stays, or does not.
import { MemoryState } from '../../broker/memory-state.ts'
import type { Broker, GroupOptions } from '../../broker/ports.ts'
import type { StreamsConfig } from '../../config/config.ts'
import type { RunLog } from '../../runtime/run-log.ts'
import { startStreams } from '../../runtime/start-streams.ts'
import type { RunningStreams } from '../../runtime/running-streams.ts'
import type { LogSizes } from '../../state/log-sizes.ts'
import type { Topology } from '../../topology/topology.ts'
import { clockOf, type SimulatedClock } from './clock.ts'
import { SimulatedDataPort } from './data-port.ts'
import { SimulatedGroup } from './group.ts'
import { Link, type Weather } from './link.ts'
import { Outbox } from './outbox.ts'
import { Life, type Scheduler } from './scheduler.ts'
import type { Server } from './server.ts'
import { Death, launcherOf } from './threads.ts'

export interface ProcessParts {
  readonly scheduler: Scheduler
  readonly server: Server
  readonly topology: Topology
  readonly config: StreamsConfig
  readonly logSizes: LogSizes
  readonly weather: () => Weather
  /** Told when the job ended and nobody has stopped it. */
  readonly failed: (error: unknown) => void
  /** Share of writes at which a thread dies, and of those at which its process does. */
  readonly deaths: () => { readonly thread: number; readonly process: number }
}

/** One machine: what runs on it comes and goes. */
export class SimulatedProcess {
  readonly name: string
  #state = new MemoryState()
  streams: RunningStreams | undefined
  clock: SimulatedClock | undefined
  link: Link | undefined
  readonly #parts: ProcessParts
  #life: Life | undefined
  #starts = 0
  #mustStop = false

  constructor(name: string, parts: ProcessParts) {
    this.name = name
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#life?.isOver === false
  }

  /** Starts the job. */
  start(): void {
    const { scheduler, server, topology, config, logSizes, weather, failed } = this.#parts
    this.#starts += 1
    this.#mustStop = false
    const life = new Life(`${this.name}.${this.#starts}`)
    this.#life = life
    const clock = clockOf(scheduler, life)
    this.clock = clock
    const link = new Link(scheduler, life, server, weather)
    this.link = link
    let openPort: (() => SimulatedDataPort) | undefined
    const broker = brokerOver(link, clock, (group, outbox) => {
      openPort = () =>
        new SimulatedDataPort({
          link,
          outbox,
          producer: () => group.producer,
          state: this.#state,
          strike: () => this.#strike(life),
        })
    })
    const launch = launcherOf({
      scheduler,
      life,
      clock,
      topology,
      logSizes,
      openPort: () => openPort!(),
    })
    const run = async (): Promise<void> => {
      const takeInstance = () => ({
        id: this.name,
        sharedStates: () => undefined,
        release: () => undefined,
      })
      const around = { broker, close: () => Promise.resolve(), clock, launch, takeInstance }
      const job = { topology, topologyUrl: 'simulation', config }
      this.streams = await startStreams(job, around, { log: logOf(scheduler, life) })
      if (this.#mustStop) this.streams.stop()
      await this.streams.done
    }
    void run().then(
      () => this.#ended(life),
      (error: unknown) => {
        this.#ended(life)
        failed(error)
      },
    )
  }

  /** Ends it at once: nothing that it began goes on. */
  kill(): void {
    if (this.#life === undefined || this.#life.isOver) return
    this.#parts.scheduler.note(`${this.#life.name}  is killed`)
    this.#ended(this.#life)
  }

  /** Is killed, and comes back without its state directory. */
  loseDisk(): void {
    this.kill()
    this.#state = new MemoryState()
  }

  /** Asks for an orderly end. */
  stop(): void {
    this.#mustStop = true
    this.streams?.stop()
  }

  /** Stands still for so long. */
  sleep(ms: number): void {
    if (this.#life !== undefined) this.#life.asleepUntilMs = this.#parts.scheduler.nowMs + ms
  }

  #ended(life: Life): void {
    life.isOver = true
    if (this.#life === life) this.streams = undefined
  }

  /** At a write: the thread dies before it, or the whole process. */
  #strike(life: Life): void {
    const { scheduler, deaths } = this.#parts
    if (life.isOver) throw new Death('the process is over')
    const { thread, process } = deaths()
    if (scheduler.chance(process)) {
      this.kill()
      throw new Death('the process is killed')
    }
    if (scheduler.chance(thread)) throw new Death('the thread dies')
  }
}

function brokerOver(
  link: Link,
  clock: SimulatedClock,
  opened: (group: SimulatedGroup, outbox: Outbox) => void,
): Broker {
  const { server } = link
  const { partitions } = server
  const refuse = (): Promise<never> => Promise.reject(new Error('not simulated'))
  return {
    kind: 'kafka',
    address: 'simulation',
    brokers: () => Promise.resolve(['simulation']),
    topics: () =>
      link.ask('topics', () =>
        [...partitions.topics].map(([name, count]) => ({ name, partitions: count })),
      ),
    ensureTopics: async (specs) => {
      await link.ask('make topics', () => {
        for (const spec of specs) partitions.ensure(spec.name, spec.partitions)
        return true
      })
    },
    watermarks: (of, { pending = false } = {}) =>
      link.ask(
        'watermarks',
        () =>
          of.map((at) => ({
            start: 0,
            end: pending ? partitions.end(at) : partitions.stableEnd(at),
          })),
        10_000,
      ),
    openProducer: refuse,
    openTransactionalProducer: refuse,
    openPoster: refuse,
    openReader: refuse,
    openGroupAdmin: refuse,
    async openGroup(options: GroupOptions) {
      const id = options.instanceId ?? ''
      const isExact = options.guarantee === 'exactly_once_v2'
      const epoch = isExact
        ? await link.ask('begin transactions', () => server.initProducer(id))
        : undefined
      const outbox = new Outbox(link)
      const producer = epoch === undefined ? undefined : { id, epoch }
      const group = new SimulatedGroup({ link, outbox, clock, options, producer })
      opened(group, outbox)
      return group
    },
    close: () => Promise.resolve(),
  }
}

function logOf(scheduler: Scheduler, life: Life): RunLog {
  const write = (fields: object | string, message = ''): void => {
    const error = typeof fields === 'object' && 'err' in fields ? ` (${String(fields.err)})` : ''
    scheduler.note(`${life.name}  log: ${typeof fields === 'string' ? fields : message}${error}`)
  }
  return { debug: write, info: write, warn: write, error: write }
}
