// What start-streams.ts makes a stream client of.
import type { Broker, Group, TopicPartitionOffset } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import type { Topology } from '../topology/topology.ts'
import type { Clock } from './clock.ts'
import type { CommitResult } from './committer.ts'
import type { LaunchThread } from './launch.ts'
import type { MetricSlab } from './metrics/slab.ts'
import type { Plan } from './plan.ts'
import type { RunLog } from './run-log.ts'

/** What a client is made of. */
export interface ClientParts {
  readonly topologyUrl: string
  readonly topology: Topology
  readonly config: StreamsConfig
  readonly plan: Plan
  readonly broker: Broker
  readonly group: Group
  readonly threads: number
  readonly log: RunLog
  readonly clock: Clock
  readonly launch: LaunchThread
  /** First offsets that are not wanted, per source partition; undefined to run on and on. */
  readonly ends: readonly TopicPartitionOffset[] | undefined
  /** Those of a client before this one, to go on with. */
  readonly metrics?: readonly MetricSlab[] | undefined
  /** Called after each commit. */
  readonly onCommit: (result: CommitResult, metrics: readonly MetricSlab[]) => void
}
