// The job that joins by a foreign key, on a broker: its tables are written here, changed, and the results
// that it comes to are compared with those of a loop over both tables.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import type { Settings } from '../../config/config.ts'
import { readTopic } from './final-tables.ts'
import { runOnce, sumOf, writeInput, type RawInput } from './police-job.ts'

const BILLS_JOB = new URL('../fixtures/bills-job.js', import.meta.url)
const ORDER_PARTITIONS = 2
const CLIENT_PARTITIONS = 3
const CLIENTS = 17
const ORDERS = 400

interface Order {
  readonly client: string | null
  readonly item: string
}

/** Both tables as they stand, and their changes as they are written. */
class Tables {
  readonly orders = new Map<string, Order>()
  readonly clients = new Map<string, string>()
  readonly #broker: () => Broker
  #timeMs = 1_000

  constructor(broker: () => Broker) {
    this.#broker = broker
  }

  async changeOrders(changes: readonly (readonly [key: string, order: Order | null])[]) {
    for (const [key, order] of changes) apply(this.orders, key, order)
    const inputs = changes.map(([key, order]) => this.#input(key, order))
    await writeInput(this.#broker(), inputs, ORDER_PARTITIONS, { topic: 'orders' })
  }

  async changeClients(changes: readonly (readonly [key: string, name: string | null])[]) {
    for (const [key, name] of changes) apply(this.clients, key, name)
    const inputs = changes.map(([key, name]) => this.#input(key, name === null ? null : { name }))
    await writeInput(this.#broker(), inputs, CLIENT_PARTITIONS, { topic: 'clients' })
  }

  /** What the joins must come to. */
  joined(isLeft: boolean): Record<string, string> {
    const results = [...this.orders].flatMap(([key, { client, item }]) => {
      const name = client === null ? undefined : this.clients.get(client)
      if (name === undefined && !isLeft) return []
      return [[key, `${item} for ${name ?? 'nobody'}`] as const]
    })
    return Object.fromEntries(results)
  }

  #input(key: string, value: object | null): RawInput {
    this.#timeMs += 10
    return { key, value: value === null ? null : JSON.stringify(value), timestampMs: this.#timeMs }
  }
}

/**
 * Describes what the job must do, whichever broker; call it inside a `describe`.
 * @param open is called once for each run: a connection serves one.
 */
export function billsOn(open: () => Promise<Broker>, settings: () => Settings): void {
  let broker: Broker
  const tables = new Tables(() => broker)
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
  const clientOf = (i: number): string | null => (i % 23 === 0 ? null : `c${i % (CLIENTS + 2)}`)

  before(async () => {
    broker = await open()
  })
  afterEach(async () => {
    await broker.close()
    broker = await open()
  })
  after(() => broker.close())

  const run = () => runOnce(broker, { ...settings(), 'num.stream.threads': '2' }, BILLS_JOB)
  const expectResults = async (): Promise<void> => {
    expect(await finalOf(broker, 'bills')).to.deep.equal(tables.joined(false))
    expect(await finalOf(broker, 'lists')).to.deep.equal(tables.joined(true))
  }

  it('finds rows in other tasks, whichever of the two came first', async () => {
    await tables.changeOrders(
      numbers(ORDERS).map((i) => [`o${i}`, { client: clientOf(i), item: `i${i}` }]),
    )
    await tables.changeClients(numbers(CLIENTS).map((i) => [`c${i}`, `n${i}`]))
    const { metrics } = await run()
    await expectResults()
    const subscribed = numbers(ORDERS).filter((i) => clientOf(i) !== null).length
    const store = (join: string) => ({ store: `${join}-subscription-store` })
    expect(sumOf(metrics, 'kafka_stream_state_keys', store('billed'))).to.equal(subscribed)
    expect(sumOf(metrics, 'kafka_stream_state_keys', store('listed'))).to.equal(subscribed)
  })

  it('knows after a restart who points to what: rows change, and who points to them does', async () => {
    await tables.changeClients(numbers(CLIENTS).map((i) => [`c${i}`, i % 5 === 0 ? null : `m${i}`]))
    await tables.changeOrders(
      numbers(ORDERS)
        .filter((i) => i % 3 === 0)
        .map((i) => [`o${i}`, i % 2 === 0 ? null : { client: clientOf(i + 7), item: `j${i}` }]),
    )
    await run()
    await expectResults()
  })

  it('comes to the same where only one side changes after a further restart', async () => {
    await tables.changeClients(numbers(CLIENTS).map((i) => [`c${i}`, `k${i}`]))
    await run()
    await expectResults()
  })
}

function apply<V>(table: Map<string, V>, key: string, value: V | null): void {
  if (value === null) table.delete(key)
  else table.set(key, value)
}

/** The last value of each key that is not null. */
async function finalOf(broker: Broker, topic: string): Promise<Record<string, string>> {
  const final = new Map<string, string>()
  await readTopic(broker, topic, ({ key, value }) => {
    apply(final, key!.toString(), value?.toString() ?? null)
  })
  return Object.fromEntries(final)
}
