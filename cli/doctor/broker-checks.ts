// What the broker says: whether it answers, who is in the job's group, and its topics. For doctor.ts.
import { existsSync } from 'node:fs'
import { openBroker } from '../../broker/open.ts'
import type { Broker, TopicSpec } from '../../broker/ports.ts'
import type { StreamsConfig } from '../../config/config.ts'
import { brokerOptions } from '../../runtime/broker-options.ts'
import { onTopics } from '../../runtime/matched.ts'
import { sourceTopicsOf } from '../../runtime/plan.ts'
import { isLogged, wantedTopics } from '../../runtime/topics.ts'
import type { Topology } from '../../topology/topology.ts'
import { finding, problemOf, type Finding } from './finding.ts'

/** Shorter than a start waits: a broker that takes longer has a problem. */
const CONNECT_MS_MAX = 5_000
const BROKERS_SHOWN_MAX = 5

/** A job, as far as the broker has to do with it. */
export interface JobToCheck {
  readonly applicationId: string
  readonly topology: Topology
}

/** What the broker says, and whether it says that the job runs. */
export interface BrokerReport {
  readonly findings: readonly Finding[]
  readonly isRunning: boolean
}

/** Everything about the broker; with a job, about its group and its topics too. */
export async function checkBroker(
  config: StreamsConfig,
  job: JobToCheck | undefined,
): Promise<BrokerReport> {
  const { bootstrapServers: at } = config
  // Opening a log makes it.
  if (at.kind === 'embedded' && !existsSync(at.directory)) {
    return idle(finding('broker', 'ok', `${at.address} is not there yet; the first start makes it`))
  }
  const options = brokerOptions(config)
  let broker: Broker
  try {
    broker = await openBroker(
      options.kind === 'kafka' ? { ...options, connectMsMax: CONNECT_MS_MAX } : options,
    )
  } catch (error) {
    return idle(problemOf('broker', error))
  }
  try {
    const answer = await checkAnswer(broker)
    if (job === undefined) return idle(answer)
    const group = await checkGroup(broker, job).catch((error: unknown) =>
      idle(problemOf('group', error)),
    )
    const topics = await checkTopics(broker, job, config)
    return { findings: [answer, ...group.findings, ...topics], isRunning: group.isRunning }
  } catch (error) {
    return idle(problemOf('broker', error))
  } finally {
    await broker.close()
  }
}

const idle = (found: Finding): BrokerReport => ({ findings: [found], isRunning: false })

async function checkAnswer(broker: Broker): Promise<Finding> {
  const [brokers, topics] = [await broker.brokers(), await broker.topics()]
  if (broker.kind === 'embedded') {
    return finding('broker', 'ok', `${broker.address} opens, topics: ${topics.length}`)
  }
  const shown = brokers.slice(0, BROKERS_SHOWN_MAX)
  if (brokers.length > shown.length) shown.push('…')
  const cluster = `brokers: ${brokers.length} (${shown.join(', ')}), topics: ${topics.length}`
  return finding('broker', 'ok', `${broker.address} answers, ${cluster}`)
}

async function checkGroup(broker: Broker, { applicationId }: JobToCheck): Promise<BrokerReport> {
  const admin = await broker.openGroupAdmin(applicationId)
  try {
    const members = await admin.members()
    if (members === undefined) {
      const text = `${applicationId}: its members are not known without the addon`
      return idle(finding('group', 'ok', text))
    }
    const who = members.map(({ where }) => where).join(', ')
    const text = members.length === 0 ? 'does not run' : `runs, members: ${members.length} (${who})`
    const found = finding('group', 'ok', `${applicationId} ${text}`)
    return { findings: [found], isRunning: members.length > 0 }
  } finally {
    await admin.close()
  }
}

async function checkTopics(
  broker: Broker,
  { topology: declared, applicationId }: JobToCheck,
  config: StreamsConfig,
): Promise<Finding[]> {
  let topology: Topology
  const known = new Map((await broker.topics()).map(({ name, partitions }) => [name, partitions]))
  let wanted
  try {
    topology = onTopics(declared, applicationId, known.keys())
    wanted = wantedTopics(known, topology, applicationId, config, isLogged(broker))
  } catch (error) {
    // Joined topics whose partitions do not belong together.
    return [problemOf('topics', error)]
  }
  const sources = new Set(sourceTopicsOf(topology))
  const missing = wanted.outer.filter(({ name }) => sources.has(name))
  const wrong = wanted.inner.filter(
    ({ name, partitions }) => known.has(name) && known.get(name) !== partitions,
  )
  const right = [...wanted.partitions].filter(
    ([name]) => known.has(name) && !wrong.some((spec) => spec.name === name),
  )
  const made = wanted.outer.length + wanted.inner.filter(({ name }) => !known.has(name)).length
  const there = wanted.inner.filter(({ name }) => known.has(name))
  const misfits = await checkSettings(broker, applicationId, there).catch((error: unknown) => [
    problemOf('topics', error),
  ])
  const counts = right.map(([name, partitions]) => `${name} ${partitions}`).join(', ')
  return [
    ...missing.map(({ name, partitions }) =>
      finding(
        'topics',
        'warning',
        `${name}, which the job reads, is not there`,
        `check its name; the first start makes it with ${partitions} partitions`,
      ),
    ),
    ...wrong.map(({ name, partitions }) =>
      finding(
        'topics',
        'problem',
        `${name} has ${known.get(name) ?? 0} partitions where ${partitions} are needed`,
        'its input was made anew: millrace reset deletes it, the next start makes it anew',
      ),
    ),
    ...misfits,
    finding('topics', 'ok', `partitions: ${counts || 'none yet'}; made by a start: ${made}`),
  ]
}

async function checkSettings(
  broker: Broker,
  applicationId: string,
  topics: readonly TopicSpec[],
): Promise<Finding[]> {
  // Elsewhere nothing is deleted that is still needed.
  if (!isLogged(broker)) return []
  const admin = await broker.openGroupAdmin(applicationId)
  try {
    const misfits = (await admin.misfits?.(topics)) ?? []
    return misfits.map((misfit) => finding('topics', 'problem', misfit))
  } finally {
    await admin.close()
  }
}
