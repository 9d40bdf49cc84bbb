// Starts stream threads in workers, each a pool of a single thread. Affinity comes from having one pool a
// worker: nothing is ever balanced between them.
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { ChannelSpec } from '../broker/ports.ts'
import type { LaunchThread } from './launch.ts'
import type { ThreadFailure, ThreadSpec } from './messages.ts'

const YOUNG_GENERATION_MB = 12
/** Below it V8 does not look for garbage among what is old: a thread's heap is small, and it would twice a second. */
const OLD_GENERATION_MB = 20
const WORKER = new URL('./worker.js', import.meta.url)
/** A topology may hang while it is imported. */
const LOAD_MS_MAX = 5_000

/** A worker that loads its code, or has. */
interface StartedWorker {
  readonly pool: Piscina
  /** Resolves when nothing is loading any more, however that ended. */
  readonly loaded: Promise<unknown>
}

/** Launches workers. Those that are prepared begin at once when their work is known. */
export class Workers {
  readonly #prepared: StartedWorker[] = []

  /**
   * Starts workers that will be launched soon, so that they load their code while the broker is asked what there
   * is to do. What goes wrong there goes wrong again when they are launched, and is told then.
   * @param topologyUrl the module that they will import.
   */
  prepare(workers: number, topologyUrl: string): void {
    for (let i = 0; i < workers; i++) this.#prepared.push(startWorker(topologyUrl))
  }

  /** Ends those that were prepared and not needed. */
  async release(): Promise<void> {
    await Promise.all(this.#prepared.splice(0).map(endWorker))
  }

  /** Starts a thread; its channel's port, if it has one, moves there. */
  readonly launch: LaunchThread = (spec, answered) => {
    const { port1, port2 } = new MessageChannel()
    const worker = this.#prepared.pop() ?? startWorker(spec.topology)
    const { pool } = worker
    port1.on('message', answered)
    const thread: ThreadSpec = { ...spec, control: port2 }
    const transferList = [port2, ...portsOf(spec.channel)]
    return {
      ended: pool.run(thread, { transferList }) as Promise<ThreadFailure | undefined>,
      post: (request) => port1.postMessage(request),
      loopTimes: () => pool.threads[0]?.performance.eventLoopUtilization(),
      async destroy() {
        port1.close()
        await endWorker(worker)
      },
    }
  }
}

function startWorker(topologyUrl: string): StartedWorker {
  // `resourceLimits` have no such limit; what is set here is true of threads that start from now on.
  setFlagsFromString(`--initial-old-space-size=${OLD_GENERATION_MB}`)
  const pool = new Piscina({
    filename: WORKER.href,
    name: 'runThread',
    // One that has ended is not replaced here: whoever launched it knows what to start.
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: Infinity,
    // What a thread makes lives for a row or for a window: a larger nursery would only be memory.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    // The thread waits on its own signal; piscina's would keep its event loop from turning.
    atomics: 'disabled',
  })
  const loaded = pool.run(topologyUrl, { name: 'prepareThread' }).catch(() => undefined)
  return { pool, loaded }
}

/** Ends a worker by force. Node 20 aborts where one ends while it loads. */
async function endWorker({ pool, loaded }: StartedWorker): Promise<void> {
  await Promise.race([loaded, sleep(LOAD_MS_MAX, undefined, { ref: false })])
  await pool.destroy()
}

function portsOf(channel: ChannelSpec): MessagePort[] {
  return 'port' in channel ? [channel.port] : []
}
