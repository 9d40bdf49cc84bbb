// Global tables and stores, asked from outside: every thread has all of one, so the first that answers will do.
import { expect } from 'chai'
import { unpack } from '../../broker/packed-batch.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { defineTopology, topic, utf8 } from '../../index.ts'
import { GlobalTables } from '../../processors/global-tables.ts'
import { Assignment } from '../../runtime/assignment.ts'
import type { ThreadAnswer } from '../../runtime/messages.ts'
import { planOf } from '../../runtime/plan.ts'
import { StoreQueries } from '../../runtime/store-queries.ts'
import { askStores, type StoreQuery } from '../../runtime/store-query.ts'

const texts = (name: string) => topic(name, { key: utf8, value: utf8 })

const job = defineTopology('job', ({ source, globalTable }) => {
  const names = globalTable('names', texts('full-names'))
  source('in', texts('in'))
    .join('named', names, { on: (key) => key, merge: (_, name) => name })
    .to('out', texts('out'))
})

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The queries of an instance whose threads are these; undefined for one that answers nothing. */
function queriesOf(threads: readonly ({ isLoaded: boolean; tables: GlobalTables } | undefined)[]) {
  const partitions = new Map([
    ['in', 2],
    ['out', 2],
    ['full-names', 2],
  ])
  const request = (thread: number, { query }: { query: StoreQuery }): Promise<ThreadAnswer> => {
    const globals = threads[thread]
    if (globals === undefined) return Promise.reject(new Error('the thread has ended'))
    return Promise.resolve({ store: askStores([], globals, query) } as ThreadAnswer)
  }
  return new StoreQueries({
    plan: planOf(job, 'job', partitions),
    globals: new Map([['names', 'full-names']]),
    assignment: new Assignment(threads.length),
    threadIds: () => threads.map((_, i) => `stream-thread-${i + 1}`),
    request: request as never,
  })
}

describe('queries of global tables', () => {
  const tables = new GlobalTables(job.nodes, () => undefined)
  const builder = new RecordBatchBuilder()
  builder.append(bytesOf('a'), bytesOf('Anna'), 5)
  builder.append(bytesOf('b'), bytesOf('Bert'), 7)
  tables.put({ topic: 'full-names', partition: 0 }, unpack(builder.pack()))
  const loaded = { isLoaded: true, tables }
  const query = (more: Partial<StoreQuery>): StoreQuery => ({ store: 'names', limit: 10, ...more })

  it('list them among the stores, without partitions', () => {
    const { stores } = queriesOf([loaded])
    expect(stores).to.deep.include({ name: 'names', isGlobal: true, partitions: [] })
  })

  it('give a key, a range, or all of them, once', async () => {
    const queries = queriesOf([undefined, loaded, loaded])
    const one = await queries.ask(query({ key: 'b' }))
    expect(one.rows.map((row) => JSON.parse(row) as unknown)).to.deep.equal([
      { key: 'b', value: 'Bert', timestampMs: 7 },
    ])
    expect([one.kind, one.restoring, one.elsewhere]).to.deep.equal(['key-value', [], []])
    expect((await queries.ask(query({}))).rows).to.have.length(2)
    expect((await queries.ask(query({ fromKey: 'b' }))).rows).to.have.length(1)
    expect((await queries.ask(query({ limit: 1 }))).isCut).to.equal(true)
  })

  it('say that they are being read while they are not read whole, and where no thread answers', async () => {
    const loading = await queriesOf([{ isLoaded: false, tables }]).ask(query({}))
    expect([loading.answered, loading.restoring]).to.deep.equal([[], [0, 1]])
    const silent = await queriesOf([undefined]).ask(query({}))
    expect([silent.rows, silent.restoring]).to.deep.equal([[], [0, 1]])
  })

  it('know of no other store', async () => {
    const error: unknown = await queriesOf([loaded])
      .ask(query({ store: 'none' }))
      .catch((cause: unknown) => cause)
    expect((error as Error).message).to.equal('no store none: there is names')
  })
})
