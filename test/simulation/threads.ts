// Stream threads without workers: the same StreamThread, stepped by the scheduler, in the process that started
// it. A thread dies alone, in the middle of what it does, or with its process.
import type { LaunchThread } from '../../runtime/launch.ts'
import type { NumberedRequest, ThreadAnswer, ThreadFailure } from '../../runtime/messages.ts'
import { StreamThread } from '../../runtime/stream-thread.ts'
import type { LogSizes } from '../../state/log-sizes.ts'
import { failureOf } from '../../runtime/thread-failure.ts'
import { Vitals } from '../../runtime/vitals.ts'
import type { Topology } from '../../topology/topology.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { SimulatedDataPort } from './data-port.ts'
import type { Life, Scheduler } from './scheduler.ts'

/** Thrown where a thread dies: nothing of it goes on. */
export class Death extends Error {}

export interface ThreadsParts {
  readonly scheduler: Scheduler
  readonly life: Life
  readonly clock: Clock
  readonly topology: Topology
  readonly logSizes: LogSizes
  /** Opens the port of a thread; `die` is for who strikes it. */
  readonly openPort: () => SimulatedDataPort
}

const MESSAGE_MS_MAX = 4
const STEP_MS_MAX = 3

function told(request: NumberedRequest): string {
  if (request.kind === 'seal' || request.kind === 'close')
    return `${request.kind} ${request.taskIds.join(' ')}`
  if (request.kind !== 'open') return request.kind
  const tasks = request.tasks.map(({ spec, inputs, changelogs }) => {
    const from = inputs.map(({ offset }) => offset).join()
    return `${spec.taskId} at ${from}, changelogs to ${changelogs.map(({ end }) => end).join()}`
  })
  return `open ${tasks.join('; ')}`
}

/** How long messages take that do not overtake each other, one after the other: a port keeps their order. */
function inOrder(scheduler: Scheduler): () => number {
  let lastMs = 0
  return () => {
    lastMs = Math.max(lastMs + 0.001, scheduler.nowMs + scheduler.random.below(MESSAGE_MS_MAX))
    return lastMs - scheduler.nowMs
  }
}

/** How threads of one process are started. */
export function launcherOf(parts: ThreadsParts): LaunchThread {
  return (spec, answered) => {
    const { scheduler, life, clock, topology, openPort, logSizes } = parts
    const inbox: NumberedRequest[] = []
    const port = openPort()
    const [requests, answers] = [inOrder(scheduler), inOrder(scheduler)]
    const control = {
      next: () => inbox.shift(),
      answer: (answer: ThreadAnswer) =>
        scheduler.after(answers(), life, 'an answer', () => answered(answer)),
    }
    const thread = new StreamThread(spec, topology, { port, control, clock, logSizes })
    const vitals = new Vitals(spec.vitals)
    let end: (failure: ThreadFailure | undefined) => void = () => undefined
    let die: (error: Error) => void = () => undefined
    const ended = new Promise<ThreadFailure | undefined>((resolve, reject) => {
      end = resolve
      die = reject
    })
    let isOver = false
    let steps = 0
    const finish = (how: () => void): void => {
      if (isOver) return
      isOver = true
      port.close()
      scheduler.note(`${life.name}  ${spec.threadId} ends`)
      how()
    }
    const stepAfter = (ms: number): void => {
      const own = ++steps
      scheduler.after(ms, life, `${spec.threadId} steps`, () => {
        if (isOver || own !== steps) return
        step()
      })
    }
    const step = (): void => {
      try {
        const waitMs = thread.step()
        if (!thread.isStopping)
          return stepAfter(Math.max(waitMs, scheduler.random.below(STEP_MS_MAX)))
        finish(() => {
          thread.close()
          end(undefined)
        })
      } catch (error) {
        finish(() => (error instanceof Death ? die(error) : end(failureOf(error))))
      }
    }
    stepAfter(scheduler.random.below(30))
    return {
      ended,
      post: (request) =>
        scheduler.after(requests(), life, told(request), () => {
          inbox.push(request)
          vitals.beat()
          stepAfter(0)
        }),
      destroy() {
        finish(() => die(new Death('ended by force')))
        return Promise.resolve()
      },
    }
  }
}
