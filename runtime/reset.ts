// Brings an application back to where it has read nothing (Kafka's application reset tool): plans what that
// means, and does it. The command line shows the one and asks for the other.
import type { GroupAdmin } from '../broker/group-admin.ts'
import {
  BrokerError,
  type Broker,
  type TopicPartition,
  type TopicPartitionOffset,
} from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { Topology } from '../topology/topology.ts'
import { onTopics } from './matched.ts'
import { internalTopicsOf, sourceTopicsOf } from './plan.ts'
import { targetsOf, type ResetTarget } from './reset-target.ts'
import { holdStateDirectory, inspectStateDirectory } from './state-directory.ts'

/** What is to be reset, and to where. */
export interface ResetRequest {
  readonly broker: Broker
  readonly admin: GroupAdmin
  readonly topology: Topology
  readonly config: StreamsConfig
  readonly applicationId: string
  /** Source topics whose offsets are set; all of them when left out. */
  readonly inputTopics?: readonly string[] | undefined
  readonly target: ResetTarget
}

/** An offset that is set. */
export interface OffsetChange extends TopicPartitionOffset {
  /** The committed one before; undefined where there is none. */
  readonly from: number | undefined
}

/** What a reset does. */
export interface ResetPlan {
  readonly applicationId: string
  /** Internal topics of the job that are there. */
  readonly topics: readonly { readonly name: string; readonly partitions: number }[]
  /** Topics that look like internal ones of this application, and are none of this job: kept. */
  readonly strangers: readonly string[]
  readonly offsets: readonly OffsetChange[]
  /** Source topics that are not there. */
  readonly missing: readonly string[]
  readonly state: ResetState | undefined
}

/** State that is deleted. */
export interface ResetState {
  readonly where: string
  readonly tasks: readonly string[]
  /** Undefined where it shares its files with other things. */
  readonly bytes: number | undefined
}

/** A step that was done. */
export type ResetStep = 'topics' | 'offsets' | 'state'

const STEPS: readonly ResetStep[] = ['topics', 'offsets', 'state']

/** Finds out what a reset would do; changes nothing. @throws BrokerError */
export async function planReset(request: ResetRequest): Promise<ResetPlan> {
  const { broker, topology, applicationId } = request
  const there = await broker.topics()
  const partitionsOf = new Map(there.map(({ name, partitions }) => [name, partitions]))
  const internal = new Set(internalTopicsOf(topology, applicationId))
  const inputs = request.inputTopics ?? [
    ...new Set(sourceTopicsOf(onTopics(topology, applicationId, partitionsOf.keys()))),
  ]
  const sources = inputs.flatMap((topic) =>
    Array.from({ length: partitionsOf.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
  )
  return {
    applicationId,
    topics: there.filter(({ name }) => internal.has(name)).sort(byName),
    strangers: there
      .map(({ name }) => name)
      .filter((name) => looksInternal(name, applicationId) && !internal.has(name))
      .sort(),
    offsets: await changesOf(request, sources),
    missing: inputs.filter((name) => !partitionsOf.has(name)),
    state: await stateOf(request),
  }
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1

function looksInternal(name: string, applicationId: string): boolean {
  return name.startsWith(`${applicationId}-`) && /-(repartition|changelog)$/.test(name)
}

async function changesOf(
  { broker, admin, target }: ResetRequest,
  sources: readonly TopicPartition[],
): Promise<OffsetChange[]> {
  const committed = await admin.committed(sources)
  const targets = await targetsOf(target, { broker, admin, partitions: sources, committed })
  return sources.map((of, i) => ({ ...of, from: committed[i], offset: targets[i]! }))
}

async function stateOf(request: ResetRequest): Promise<ResetState | undefined> {
  const { admin, broker, config, applicationId } = request
  if (admin.state === undefined) {
    const found = inspectStateDirectory(config.stateDir, applicationId)
    return found && { where: found.directory, tasks: found.tasks, bytes: found.bytes }
  }
  const tasks = await admin.state.tasks()
  return tasks.length === 0 ? undefined : { where: broker.address, tasks, bytes: undefined }
}

/**
 * Does what a plan says, in the order topics, offsets, state; `done` hears of each. It is safe to do it
 * again after a failure: a step that was done finds nothing left to do.
 * @throws BrokerError MILLRACE_GROUP_ACTIVE or MILLRACE_LOG_LOCKED before anything was changed; else
 * with what was done and what was not
 */
export async function performReset(
  { admin, config, applicationId }: ResetRequest,
  plan: ResetPlan,
  done: (step: ResetStep) => Promise<void>,
): Promise<void> {
  const directory =
    admin.state === undefined ? holdStateDirectory(config.stateDir, applicationId) : undefined
  let finished = 0
  const step = async (work: () => Promise<void> | void): Promise<void> => {
    await work()
    finished += 1
    await done(STEPS[finished - 1]!)
  }
  try {
    await admin.claim(plan.offsets)
    await step(() => admin.deleteTopics(plan.topics.map(({ name }) => name)))
    await step(() => admin.setOffsets(plan.offsets))
    await step(() => admin.state?.delete() ?? directory?.delete())
  } catch (error) {
    const isRefusal = error instanceof BrokerError && REFUSALS.has(error.code) && finished === 0
    throw isRefusal ? error : interrupted(error, finished)
  } finally {
    directory?.release()
  }
}

const REFUSALS = new Set<BrokerError['code']>(['MILLRACE_GROUP_ACTIVE', 'MILLRACE_LOG_LOCKED'])

function interrupted(cause: unknown, finished: number): BrokerError {
  const isOurs = cause instanceof BrokerError
  const reason = cause instanceof Error ? cause.message : String(cause)
  const before = STEPS.slice(0, finished).join(' and ') || 'nothing'
  const after = STEPS.slice(finished).join(', ')
  return new BrokerError(
    isOurs ? cause.code : 'MILLRACE_BROKER',
    `${reason}; done so far: ${before}; not done, or in part: ${after}. Run it again before the next start: that is safe`,
    { cause, retriable: true },
  )
}
