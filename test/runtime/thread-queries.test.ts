// State that is behind, asked for: the rows are those that the owner had, and the lag says how far it is.
import { expect } from 'chai'
import { openEnvironment, type OpenedEnvironment } from '../../broker/lmdb.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { GlobalTables } from '../../processors/global-tables.ts'
import type { TaskToOpen } from '../../runtime/messages.ts'
import { askStores, type StoreAnswer, type StoreQuery } from '../../runtime/store-query.ts'
import type { Task } from '../../runtime/task.ts'
import { TaskBehind, type BehindKind } from '../../runtime/task-behind.ts'
import { ThreadQueries } from '../../runtime/thread-queries.ts'
import { changelogTopic } from '../../state/changelog.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import topology from '../fixtures/stores-job.ts'
import { visit } from '../support/stores.ts'
import { TaskSimulation } from '../support/task-simulation.ts'

const APP = 'behind'
const STORES = [
  'visits-of-user',
  'visits-a-minute',
  'sessions',
  'visits-of-page',
  'prices',
  'seen',
] as const
const globals = { isLoaded: true, tables: new GlobalTables([], () => undefined) }

describe('state that is behind', () => {
  const directory = temporaryDirectory()
  const environments: OpenedEnvironment[] = []
  let machines = 0
  let owner: TaskSimulation
  let nowMs = 0

  const newMachine = (): OpenedEnvironment => {
    const environment = openEnvironment(directory(`machine-${(machines += 1)}`))
    environments.push(environment)
    return environment
  }
  beforeEach(() => {
    const topics = ['visits', 'prices', 'pairs']
    owner = new TaskSimulation({
      topology,
      applicationId: APP,
      partitions: new Map(topics.map((name) => [name, 1])),
      driftMs: -1,
      isAtHand: () => true,
      isLogged: true,
      environment: newMachine(),
    })
    nowMs = 0
  })
  afterEach(() => {
    owner.close()
    for (const environment of environments.splice(0)) environment.close()
  })

  /** Each user visits a page, and the owner commits what follows. */
  const commitVisits = (users: readonly string[], startMs: number): void => {
    const rows = new RecordBatchBuilder()
    const prices = new RecordBatchBuilder()
    users.forEach((user, i) => {
      const { key, value, timestampMs } = visit(user, `/${i % 2}`, startMs + i)
      rows.append(Buffer.from(String(key)), Buffer.from(String(value)), timestampMs)
      prices.append(Buffer.from(user), Buffer.from(`${startMs}`), startMs + i)
    })
    owner.append({ topic: 'visits', partition: 0 }, rows)
    owner.append({ topic: 'prices', partition: 0 }, prices)
    for (let i = 0; i < 4; i++) owner.tasks.forEach((task) => owner.step(task))
    for (const task of owner.tasks) {
      const update = task.checkpoint()
      if (update !== undefined) task.save(update)
    }
  }

  const toOpen = ({ spec }: Task): TaskToOpen => ({
    spec,
    inputs: spec.inputs.map(() => ({ offset: Infinity, inputStart: 0, stopAt: Infinity })),
    changelogs: spec.stores.map((store) => {
      const topic = changelogTopic(APP, store)
      const { end } = owner
        .portWith(environments[0]!)
        .openReader({ topic, partition: 0, offset: 0 })
      return { store, topic, start: 0, end }
    }),
  })

  const behind = (kind: BehindKind): TaskBehind[] =>
    owner.tasks.map((task) => new TaskBehind(toOpen(task), kind, owner.portWith(newMachine())))

  const queriesOf = (tasks: readonly TaskBehind[]): ThreadQueries =>
    new ThreadQueries({
      topology,
      clock: { monotonicMs: () => nowMs },
      globals,
      tasks: () => [],
      behind: () => tasks,
    })

  const ask = (queries: ThreadQueries, query: Partial<StoreQuery>): StoreAnswer => {
    let answer: StoreAnswer | undefined
    queries.ask({ store: STORES[0], limit: 100, allowStale: true, ...query }, (of) => (answer = of))
    for (let i = 0; i < 1_000 && answer === undefined; i++) queries.step()
    return answer!
  }
  const keyOf = (store: string): Partial<StoreQuery> => (store === 'prices' ? { key: 'u1' } : {})
  const ofOwner = (store: string): readonly string[] =>
    askStores(owner.tasks, globals, { store, limit: 100, ...keyOf(store) }).rows
  const readAll = (tasks: readonly TaskBehind[]): void => {
    for (const task of tasks) while (task.step() > 0);
  }

  it('of each kind of store has the rows that its owner had, and goes on with them', () => {
    commitVisits(['u1', 'u2', 'u3'], 1_000)
    const tasks = behind('copy')
    readAll(tasks)
    const queries = queriesOf(tasks)
    const compare = (): void => {
      for (const store of STORES) {
        const { rows, stale, partitions } = ask(queries, { store, ...keyOf(store) })
        expect(rows, store).to.deep.equal(ofOwner(store)).and.not.deep.equal([])
        expect(stale, store).to.deep.equal([[0, { from: 'copy', lag: 0 }]])
        expect(partitions, store).to.deep.equal([])
      }
    }
    compare()
    const before = ofOwner('visits-of-user')
    commitVisits(['u1', 'u4'], 40_000)
    expect(ask(queries, {}).rows, 'not read yet').to.deep.equal(before)
    expect(ask(queries, {}).stale[0]![1].lag).to.be.greaterThan(0)
    readAll(tasks)
    expect(ofOwner('visits-of-user')).not.to.deep.equal(before)
    compare()
    const windows = { store: 'visits-a-minute', key: 'u1' }
    for (const time of [{}, { fromMs: 30_000 }, { toMs: 30_000 }, { fromMs: 1, toMs: 2 }]) {
      const { rows } = askStores(owner.tasks, globals, { ...windows, ...time, limit: 100 })
      expect(ask(queries, { ...windows, ...time }).rows).to.deep.equal(rows)
    }
    // What closes windows closes them in the copy, too.
    commitVisits(['u5'], 600_000)
    readAll(tasks)
    compare()
  })

  it('is what was restored so far while a task is restored', () => {
    for (let i = 0; i < 5; i++) commitVisits([`u${i}`], 1_000 + i)
    const tasks = behind('restoring')
    const queries = queriesOf(tasks)
    const first = ask(queries, {})
    expect(first.rows).to.deep.equal([])
    expect(first.stale[0]![1]).to.deep.include({ from: 'restoring' })
    const { lag } = first.stale[0]![1]
    expect(lag).to.be.greaterThan(0)
    for (const task of tasks) task.step()
    const next = ask(queries, {})
    expect(next.rows).to.have.length(1)
    expect(next.stale[0]![1].lag).to.be.lessThan(lag)
    readAll(tasks)
    expect(ask(queries, {})).to.deep.include({
      rows: ofOwner('visits-of-user'),
      stale: [[0, { from: 'restoring', lag: 0 }]],
    })
  })

  it('is nothing again when its restore begins anew', () => {
    for (let i = 0; i < 3; i++) commitVisits([`u${i}`], 1_000 + i)
    const [task] = owner.tasks.filter(({ spec }) => spec.stores.includes('visits-of-user'))
    const { changelogs, ...of } = toOpen(task!)
    // The entry that is to make the store whole is never met.
    const from = { offset: 1, number: 99 }
    const whole = { ...of, changelogs: changelogs.map((each) => ({ ...each, from })) }
    const restoring = new TaskBehind(whole, 'restoring', owner.portWith(newMachine()))
    const queries = queriesOf([restoring])
    restoring.step()
    expect(ask(queries, {}).rows).to.have.length(1)
    let remaining = Infinity
    while (restoring.restore.remaining < remaining) {
      remaining = restoring.restore.remaining
      restoring.step()
    }
    const anew = ask(queries, {})
    expect(anew.rows).to.deep.equal([])
    expect(anew.stale[0]![1].lag).to.be.greaterThan(1)
    readAll([restoring])
    expect(ask(queries, {}).rows).to.deep.equal(ofOwner('visits-of-user'))
  })

  it('is for those alone who take it, and given up when nobody does for long', () => {
    commitVisits(['u1'], 1_000)
    const tasks = behind('copy')
    readAll(tasks)
    const queries = queriesOf(tasks)
    expect(ask(queries, { allowStale: false })).to.deep.include({
      rows: [],
      partitions: [],
      stale: [],
    })
    expect(tasks.some(({ view }) => view !== undefined)).to.equal(false)
    expect(ask(queries, {}).rows).to.have.length(1)
    expect(tasks.some(({ view }) => view !== undefined)).to.equal(true)
    nowMs += 60_000
    queries.step()
    expect(tasks.some(({ view }) => view !== undefined)).to.equal(false)
    expect(ask(queries, {}).rows).to.have.length(1)
  })
})
