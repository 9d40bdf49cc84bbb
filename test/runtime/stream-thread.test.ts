// A thread while it waits for others: for a commit of its group, for the changelog of one of its tasks.
import { expect } from 'chai'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MemoryLog } from '../../broker/memory/log.ts'
import { MemoryState } from '../../broker/memory-state.ts'
import type { DataPort, Group, TopicPartitionOffset } from '../../broker/ports.ts'
import { keyOf, valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { streamsConfig } from '../../config/config.ts'
import { defineTopology } from '../../index.ts'
import { SourceAlignment } from '../../runtime/alignment.ts'
import { Committer } from '../../runtime/committer.ts'
import { threadConfigOf, type TaskToOpen, type ThreadAnswer } from '../../runtime/messages.ts'
import type { NumberedRequest } from '../../runtime/messages.ts'
import { layoutOf } from '../../runtime/metrics/layout.ts'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { collectMetrics } from '../../runtime/metrics/snapshot.ts'
import { dimensionsOf, planOf } from '../../runtime/plan.ts'
import { StreamThread } from '../../runtime/stream-thread.ts'
import { ThreadHandle } from '../../runtime/thread-handle.ts'
import { changelogTopic } from '../../state/changelog.ts'
import { haveOneHiddenClass } from '../support/hidden-class.ts'
import { sumOf } from '../support/police-job.ts'
import { texts } from '../support/texts.ts'

const APP = 'counted'
const STORE = 'words'
const CHANGELOG = changelogTopic(APP, STORE)
const PARTITIONS = 2

const topology = defineTopology('counted', ({ source }) => {
  source('in', texts('in'))
    .groupByKey('by-key')
    .count(STORE, { emit: 'on-update' })
    .mapValues('text', (count) => String(count))
    .to('out', texts('out'))
})
const plan = planOf(topology, APP, new Map(['in', 'out'].map((name) => [name, PARTITIONS])), {
  isLogged: true,
})
const clock = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  sleep: () => Promise.resolve(),
  every: () => () => undefined,
}

/** The topics, and what is kept from those who read them. */
class World {
  readonly log = new MemoryLog()
  readonly held = new Set<string>()

  constructor() {
    for (const name of ['in', 'out', CHANGELOG]) this.log.ensure(name, PARTITIONS)
  }

  /** Appends words to a partition of the input. */
  say(partition: number, ...words: readonly string[]): void {
    const rows = new RecordBatchBuilder()
    for (const word of words) rows.append(Buffer.from(word), Buffer.from(word), 1_000)
    this.log.append({ topic: 'in', partition }, rows.pack())
  }

  end(topic: string, partition: number): number {
    return this.log.end({ topic, partition })
  }

  port(): DataPort {
    const state = new MemoryState()
    return {
      transactional: false,
      pendingBytes: 0,
      openReader: ({ topic, partition, offset }) => {
        const reader = this.log.reader({ topic, partition }, offset)
        return {
          ...{ topic, partition },
          poll: () => (this.held.has(`${topic}/${partition}`) ? undefined : reader.poll()),
          get position() {
            return reader.position
          },
          get end() {
            return reader.end
          },
          close: () => undefined,
        }
      },
      produce: (target, rows) => {
        if (rows.count > 0) this.log.append(target, rows.pack())
      },
      openState: (taskId) => state.environment(`${taskId}/`),
      closeState: () => undefined,
      commit: (write) => state.transaction(write),
      close: () => undefined,
    }
  }
}

/** A thread that goes on when the test lets it, and the main thread's end of it. */
function threadOn(world: World) {
  const inbox: NumberedRequest[] = []
  const dimensions = dimensionsOf(topology, plan)
  const slab = MetricSlab.create(dimensions, 'thread', layoutOf(dimensions))
  let thread: StreamThread | undefined
  const spec = {
    threadId: 'thread',
    topology: 'here',
    plan,
    config: threadConfigOf(streamsConfig({}), 1),
    channel: { kind: 'embedded' as const, directory: '', applicationId: APP },
    metrics: slab.spec,
    alignment: SourceAlignment.allocate(plan.alignmentSlots),
  }
  const handle = new ThreadHandle(spec, (launched, answered) => {
    const answer = (each: ThreadAnswer): void => answered(each)
    const control = { next: () => inbox.shift(), answer }
    thread = new StreamThread(launched, topology, { port: world.port(), control, clock })
    return {
      ended: new Promise(() => undefined),
      post: (request) => inbox.push(request),
      destroy: () => Promise.resolve(),
    }
  })
  return {
    handle,
    close: () => thread!.close(),
    processed: () =>
      sumOf(collectMetrics([slab]), 'kafka_stream_topic_records_consumed_total', { topic: 'in' }),
    /** Lets the thread do all that there is to do, and those who wait for its answers go on. */
    run: async () => {
      for (let idle = 0; idle < 3;) {
        idle = thread!.step() === 0 ? 0 : idle + 1
        await nextTurn()
      }
    },
  }
}

const taskOf = (world: World, partition: number, offset: number): TaskToOpen => ({
  spec: plan.tasks.find((task) => task.partition === partition)!,
  inputs: [{ offset, inputStart: 0, stopAt: Infinity }],
  changelogs: [{ store: STORE, topic: CHANGELOG, start: 0, end: world.end(CHANGELOG, partition) }],
})

/** A group whose commits are answered when the test says so. */
function heldGroup() {
  const commits: { positions: readonly TopicPartitionOffset[]; answer: () => void }[] = []
  const commit: Group['commit'] = (positions) =>
    new Promise((answer) => commits.push({ positions, answer }))
  return { commits, group: { commit } as Group }
}

const textOf = (bytes: Uint8Array | null): string => Buffer.from(bytes!).toString()

describe('a thread', () => {
  let world: World
  let thread: ReturnType<typeof threadOn>
  const opened: (typeof thread)[] = []

  beforeEach(async () => {
    world = new World()
    thread = await starting(0, 0)
  })
  afterEach(() => opened.splice(0).forEach((each) => each.close()))

  /** A thread on a machine without state, with a task for each partition from these offsets on. */
  async function starting(...offsets: readonly number[]): Promise<typeof thread> {
    const started = threadOn(world)
    opened.push(started)
    const tasks = offsets.map((offset, partition) => taskOf(world, partition, offset))
    const answer = started.handle.request({ kind: 'open', tasks })
    await started.run()
    await answer
    return started
  }

  const committerOf = (group: Group): Committer =>
    new Committer(
      group,
      () => [thread.handle],
      () => Promise.resolve([]),
      clock,
    )
  const offsetsOf = (positions: readonly TopicPartitionOffset[]): number[] =>
    [0, 1].map((partition) => positions.find((at) => at.partition === partition)!.offset)
  const written = (): number[] =>
    ['out', CHANGELOG].flatMap((topic) => [0, 1].map((partition) => world.end(topic, partition)))

  it('processes what comes while a commit is under way, and sends none of it before the commit is through', async () => {
    const { commits, group } = heldGroup()
    const committer = committerOf(group)
    world.say(0, 'a', 'b')
    world.say(1, 'c')
    await thread.run()
    const commit = committer.commit()
    await thread.run()
    expect(commits.map(({ positions }) => offsetsOf(positions))).to.deep.equal([[2, 1]])
    const before = written()
    world.say(0, 'a', 'a', 'd')
    world.say(1, 'c')
    await thread.run()
    expect(thread.processed(), 'of both intervals').to.equal(7)
    expect(written(), 'nothing of the next interval').to.deep.equal(before)
    commits[0]!.answer()
    await thread.run()
    expect((await commit).positions).to.deep.equal(commits[0]!.positions)
    expect(last()).to.deep.equal({ a: '3', b: '1', c: '2', d: '1' })
    const next = committer.commit()
    await thread.run()
    expect(offsetsOf(commits[1]!.positions), 'the next has the rest').to.deep.equal([5, 2])
    commits[1]!.answer()
    await thread.run()
    await next
  })

  it('leaves no hidden classes behind with its commits', async () => {
    const { commits, group } = heldGroup()
    const committer = committerOf(group)
    for (let round = 0; round < 3; round++) {
      world.say(0, 'a')
      await thread.run()
      const commit = committer.commit()
      await thread.run()
      commits[round]!.answer()
      await thread.run()
      await commit
    }
    const [, before, after] = commits.map(({ positions }) => positions[0]!)
    expect(before).to.include.keys('partitionTimeMs').and.not.deep.equal(after)
    expect(haveOneHiddenClass(before!, after!)).to.equal(true)
  })

  it('runs its other tasks while one is restored', async () => {
    const { commits, group } = heldGroup()
    world.say(0, 'a')
    world.say(1, 'c', 'c')
    await thread.run()
    const commit = committerOf(group).commit()
    await thread.run()
    commits[0]!.answer()
    await thread.run()
    await commit
    world.held.add(`${CHANGELOG}/1`)
    const heir = await starting(1, 2)
    const { c: before } = last()
    for (let round = 1; round <= 3; round++) {
      world.say(0, 'a')
      world.say(1, 'c')
      await heir.run()
      expect(heir.processed(), 'of the task that has its state').to.equal(round)
    }
    expect(last(), 'of the one that has not').to.deep.equal({ a: '4', c: before })
    world.held.clear()
    await heir.run()
    expect(heir.processed()).to.equal(6)
    expect(last(), 'counted on from what was restored').to.deep.equal({ a: '4', c: '5' })
  })

  /** The last count of each word that was put out. */
  function last(): Record<string, string> {
    const found: Record<string, string> = {}
    for (const partition of [0, 1]) {
      const reader = world.log.reader({ topic: 'out', partition }, 0)
      for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
        for (let row = 0; row < batch.count; row++) {
          found[textOf(keyOf(batch, row))] = textOf(valueOf(batch, row))
        }
      }
    }
    return found
  }
})
