// Who counts as a member before a reset. An instance with a name stays one for a while after its end, so
// that it may come back to its partitions: that of this directory is waited for.
import { setTimeout as sleep } from 'node:timers/promises'
import { groupActive, type GroupAdmin, type GroupMember } from '../broker/group-admin.ts'
import { BrokerError } from '../broker/ports.ts'
import type { StreamsConfig } from '../config/config.ts'
import { applicationDirectory, traceInstance, type InstanceTrace } from './instance.ts'

const LOOK_MS = 250
const SESSION_MS = 10_000
/** The coordinator looks at its sessions in its own time. */
const SLACK_MS = 5_000

/**
 * Refuses when an application runs anywhere, after waiting for what ended here; `waiting` is called
 * once, with how long that may take. @returns false where only the reset itself can find out.
 * @throws BrokerError MILLRACE_GROUP_ACTIVE with how many members there are, MILLRACE_LOG_LOCKED
 */
export async function assertIdle(
  admin: GroupAdmin,
  applicationId: string,
  config: StreamsConfig,
  waiting: (msMax: number) => void,
): Promise<boolean> {
  const hasSessions = admin.state === undefined
  const trace = hasSessions ? traceInstance(config.stateDir, applicationId) : undefined
  let members = await admin.members()
  if (trace?.id !== undefined && isShadow(members, trace)) {
    const { common, consumer } = config.kafka
    const sessionMs = Number({ ...common, ...consumer }['session.timeout.ms'] ?? SESSION_MS)
    waiting(sessionMs + SLACK_MS)
    members = await gone(admin, sessionMs + SLACK_MS)
  }
  if (members !== undefined && members.length > 0) {
    throw groupActive(applicationId, members, { hasSessions })
  }
  if (trace?.holder !== undefined) {
    const directory = applicationDirectory(config.stateDir, applicationId)
    const text = `${directory} is in use by ${trace.holder}: stop it first`
    throw new BrokerError('MILLRACE_LOG_LOCKED', text, { retriable: true })
  }
  return members !== undefined
}

/** Whether all members are what is left of the instance of this directory. */
function isShadow(members: readonly GroupMember[] = [], { id, holder }: InstanceTrace): boolean {
  const isOurs = ({ memberId }: GroupMember): boolean => memberId.startsWith(`${id}-`)
  return holder === undefined && members.length > 0 && members.every(isOurs)
}

/** Waits until there are no members any more, `msMax` at most; answers who is left. */
async function gone(admin: GroupAdmin, msMax: number): Promise<readonly GroupMember[] | undefined> {
  const deadline = performance.now() + msMax
  for (;;) {
    const members = await admin.members()
    if (members === undefined || members.length === 0 || performance.now() > deadline)
      return members
    await sleep(LOOK_MS)
  }
}
