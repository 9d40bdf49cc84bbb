// A large store is written round after round and never whole: whatever happens between two commits, it is found
// again as it was, on the machine that it was on and from its changelog, however much of that was compacted.
import { expect } from 'chai'
import { MemoryDataPort } from '../../broker/memory/data-port.ts'
import { MemoryLog } from '../../broker/memory/log.ts'
import { keyOf, valueOf } from '../../broker/record-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { changelogWriter } from '../../runtime/changelog-writer.ts'
import type { TaskToOpen } from '../../runtime/messages.ts'
import { TaskCheckpoints } from '../../runtime/task-checkpoints.ts'
import { TaskRestore } from '../../runtime/task-restore.ts'
import { LOG_SIZES, type LogSizes } from '../../state/log-sizes.ts'
import { changelogTopic } from '../../state/changelog.ts'
import type { CheckpointUpdate } from '../../state/checkpoint-store.ts'
import { MemoryKeyValueStore } from '../../state/stores/key-value-store.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'

const APP = 'app'
const TASK = '1_0'
const IN_ROUNDS = { ...LOG_SIZES, roundBytesMin: 0 }
const IN_SNAPSHOTS: LogSizes = { snapshotBytesMin: 64, roundBytesMin: Infinity }
const TOPIC = changelogTopic(APP, 'names')
const LOG = { topic: TOPIC, partition: 0 }
const KEYS = 60
const COMMITS = 400

type Store = MemoryKeyValueStore<string, string>
type Model = Map<string, string>

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 8) % below
  }
}

const heldBy = (store: Store): Model =>
  new Map(Array.from(store.all(), ({ key, value }) => [key, value] as const))

/** One who runs the task: with its state on a machine, and a changelog. */
class Owner {
  readonly store: Store = new MemoryKeyValueStore({ name: 'names', key: utf8, value: utf8 })
  readonly #checkpoints: TaskCheckpoints
  readonly #port: MemoryDataPort

  constructor(
    port: MemoryDataPort,
    machine: string,
    { generation, sizes = IN_ROUNDS }: { generation?: number; sizes?: LogSizes } = {},
  ) {
    this.#port = port
    const write = changelogWriter(port, APP, 0)
    this.#checkpoints = new TaskCheckpoints(
      port.openState(`${machine}/${TASK}`),
      TASK,
      write,
      sizes,
    )
    for (const entry of this.#checkpoints.load()?.stores.get('names') ?? []) {
      this.store.restore(entry)
    }
    if (generation !== undefined) this.#checkpoints.takeOver(['names'], generation)
  }

  commit(offset: number): void {
    this.#checkpoints.save(this.tryCommit(offset))
  }

  /** A commit that fails: its changes are in the changelog, and the group knows nothing of it. */
  tryCommit(offset: number): CheckpointUpdate {
    const positions = [{ topic: 'in', partition: 0, offset }]
    const update = this.#checkpoints.pack(positions, { streamTimeMs: offset }, [this.store])
    this.#port.commit(() => undefined)
    return update
  }

  get savedBytes(): number {
    return this.#checkpoints.savedBytes('names')
  }
}

function restoreOn(port: MemoryDataPort, log: MemoryLog, machine: string, committed: number): void {
  const toOpen: TaskToOpen = {
    spec: {
      taskId: TASK,
      subtopology: 1,
      partition: 0,
      inputs: [{ topic: 'in', alignmentSlot: -1 }],
      stores: ['names'],
    },
    inputs: [{ offset: committed, inputStart: 0, stopAt: Infinity }],
    changelogs: [{ store: 'names', topic: TOPIC, start: 0, end: log.end(LOG) }],
  }
  const checkpoints = new TaskCheckpoints(port.openState(`${machine}/${TASK}`), TASK)
  const restore = new TaskRestore(checkpoints, toOpen, port)
  while (!restore.isDone) restore.step()
}

/** The same topic when all before an offset was compacted. */
function compacted(port: MemoryDataPort, upTo: number): MemoryLog {
  const records: { key: Buffer; value: Uint8Array }[] = []
  const reader = port.openReader({ ...LOG, offset: 0 })
  for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
    for (let row = 0; row < batch.count; row++) {
      const key = Buffer.from(keyOf(batch, row)!)
      records.push({ key, value: valueOf(batch, row)!.slice() })
    }
  }
  reader.close()
  const last = new Map(records.slice(0, upTo).map(({ key }, i) => [key.toString(), i]))
  const log = new MemoryLog()
  log.ensure(TOPIC, 1)
  const rows = new RecordBatchBuilder()
  records.forEach(({ key, value }, i) => {
    if (i >= upTo || last.get(key.toString()) === i) rows.append(key, value, 0)
  })
  const copy = new MemoryDataPort(log, APP)
  copy.produce(LOG, rows)
  copy.commit(() => undefined)
  return log
}

/** Does what users do to a store, and some more. */
function change(store: Store, model: Model, below: (below: number) => number): void {
  for (let i = below(6); i >= 0; i--) {
    const key = `name-${below(KEYS)}`
    if (below(3) === 0) {
      store.delete(key)
      model.delete(key)
    } else {
      const value = `${below(1_000)}`.repeat(1 + below(5))
      store.put(key, value, 1)
      model.set(key, value)
    }
  }
}

/** Does what counts do to a store. */
function put(store: Store, model: Model, below: (below: number) => number): void {
  for (let i = below(6); i >= 0; i--) {
    const key = `name-${below(KEYS)}`
    const value = `${below(1_000)}`.repeat(1 + below(5))
    store.put(key, value, 1)
    model.set(key, value)
  }
}

describe('a store written in rounds', () => {
  let log: MemoryLog
  let port: MemoryDataPort

  beforeEach(() => {
    log = new MemoryLog()
    log.ensure(TOPIC, 1)
    port = new MemoryDataPort(log, APP)
  })

  it('is found again after any commit: here, elsewhere, and from a changelog that was compacted', () => {
    const below = numbers(3)
    const model: Model = new Map()
    let owner = new Owner(port, 'machine-0')
    let machine = 0
    for (let commit = 1; commit <= COMMITS; commit++) {
      change(owner.store, model, below)
      owner.commit(commit)
      if (below(50) === 0) {
        owner = new Owner(port, `machine-${machine}`)
        expect(heldBy(owner.store), `after a restart at commit ${commit}`).to.deep.equal(model)
      }
      if (below(60) === 0) {
        machine = below(3)
        restoreOn(port, log, `machine-${machine}`, commit)
        owner = new Owner(port, `machine-${machine}`, { generation: commit })
        expect(heldBy(owner.store), `taken over at commit ${commit}`).to.deep.equal(model)
      }
      if (below(8) === 0) {
        const topic = compacted(port, below(3) === 0 ? below(log.end(LOG) + 1) : log.end(LOG))
        const elsewhere = new MemoryDataPort(topic, APP)
        restoreOn(elsewhere, topic, 'new', commit)
        const { store } = new Owner(elsewhere, 'new')
        expect(heldBy(store), `compacted at commit ${commit}`).to.deep.equal(model)
      }
    }
  })

  for (const [how, sizes] of Object.entries({ rounds: IN_ROUNDS, snapshots: IN_SNAPSHOTS })) {
    it(`is found again as it was committed, whatever commits that failed have left: ${how}`, () => {
      const below = numbers(5)
      let committed: Model = new Map()
      let owner = new Owner(port, 'machine-0', { generation: 1, sizes })
      let offset = 0
      for (let generation = 2; generation < 300; generation++) {
        const model = new Map(committed)
        // What a row changes is the same when it is run again.
        const run = (from: number, to: number): number => {
          for (let row = from; row < to; row++) put(owner.store, model, numbers(row))
          return to
        }
        for (let commits = 4 + below(4); commits > 0; commits--) {
          offset = run(offset, offset + 1 + below(9))
          owner.commit(offset)
        }
        committed = new Map(model)
        let tried = offset
        for (let tries = below(8); tries > 0; tries--) {
          tried = run(tried, tried + 1 + below(9))
          owner.tryCommit(tried)
        }
        const topic = compacted(port, log.end(LOG))
        const elsewhere = new MemoryDataPort(topic, APP)
        restoreOn(elsewhere, topic, `machine-${generation}`, offset)
        port = elsewhere
        log = topic
        owner = new Owner(port, `machine-${generation}`, { generation, sizes })
        expect(heldBy(owner.store), `generation ${generation}`).to.deep.equal(committed)
      }
    })
  }

  it('does not have what one wrote who had it no more, in whatever records that comes', () => {
    const owner = new Owner(port, 'here', { generation: 1, sizes: LOG_SIZES })
    owner.store.put('name', 'before')
    owner.commit(1)
    restoreOn(port, log, 'there', 1)
    const heir = new Owner(port, 'there', { generation: 2, sizes: LOG_SIZES })
    heir.store.put('name', 'of the heir')
    heir.commit(2)
    owner.store.put('name', 'of who slept')
    owner.tryCommit(2)
    const atOnce = compacted(port, 0)
    const elsewhere = new MemoryDataPort(atOnce, APP)
    restoreOn(elsewhere, atOnce, 'elsewhere', 2)
    const { store } = new Owner(elsewhere, 'elsewhere')
    expect(heldBy(store)).to.deep.equal(new Map([['name', 'of the heir']]))
  })

  it('takes a few times its size on the machine, and as much in a changelog that is compacted', () => {
    const below = numbers(9)
    const owner = new Owner(port, 'here')
    let contentBytes = 0
    for (let i = 0; i < KEYS; i++) {
      owner.store.put(`name-${i}`, 'x'.repeat(100))
      contentBytes += 100 + 20
    }
    for (let commit = 1; commit <= COMMITS; commit++) {
      owner.store.put(`name-${below(KEYS)}`, String(commit).padEnd(100))
      owner.commit(commit)
      if (commit > 20) expect(owner.savedBytes).to.be.lessThan(6 * contentBytes)
    }
    const topic = compacted(port, log.end(LOG))
    const reader = new MemoryDataPort(topic, APP).openReader({ ...LOG, offset: 0 })
    let bytes = 0
    for (let batch = reader.poll(); batch !== undefined; batch = reader.poll()) {
      for (let row = 0; row < batch.count; row++) bytes += valueOf(batch, row)!.length
    }
    // Each record has a head, and each commit made two.
    expect(bytes).to.be.lessThan(12 * contentBytes)
  })

  it('writes at most twice what changed with each commit', () => {
    const owner = new Owner(port, 'here')
    for (let i = 0; i < KEYS; i++) owner.store.put(`name-${i}`, 'x'.repeat(100))
    owner.commit(1)
    for (let commit = 2; commit < COMMITS; commit++) {
      const end = log.end(LOG)
      owner.store.put('name-7', 'y'.repeat(100))
      owner.commit(commit)
      const reader = port.openReader({ ...LOG, offset: end })
      const batch = reader.poll()!
      expect(batch.count).to.equal(1)
      expect(valueOf(batch, 0)!.length).to.be.lessThan(3 * 130 + 200)
      reader.close()
    }
  })
})
