// The job that joins, on a broker: what it reads is written here, and what it wrote read.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'
import { readTopic } from './final-tables.ts'
import { runOnce, sumOf, writeInput, type RawInput } from './police-job.ts'
import { until } from './until.ts'

const SALES_JOB = new URL('../fixtures/sales-job.js', import.meta.url)
const PARTITIONS = 2
const CUSTOMER_PARTITIONS = 3
const PRODUCTS = 20
const CUSTOMERS = 30
const ORDERS = 500

const input = (key: string, value: unknown, timestampMs: number): RawInput => {
  return { key, value: value === null ? null : JSON.stringify(value), timestampMs }
}

const orderOf = (i: number, customer = `c${i % CUSTOMERS}`): RawInput =>
  input(`o${i}`, { id: `o${i}`, product: `p${i % PRODUCTS}`, customer }, 1_000 + i)

/** Name and price that an order must come to: each third customer was deleted. */
const saleOf = (i: number): readonly [string, { name: string; price: number }] => {
  const customer = i % CUSTOMERS
  return [`o${i}`, { name: customer % 3 === 0 ? '' : `n${customer}`, price: i % PRODUCTS }]
}

/**
 * Describes what the job must do, whichever broker; call it inside a `describe`.
 * @param open is called once for each run: a connection serves one.
 */
export function sellsOn(open: () => Promise<Broker>, settings: () => Settings): void {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
  let broker: Broker

  before(async () => {
    broker = await open()
    const customers = numbers(CUSTOMERS)
    const named = customers.map((i) => input(`c${i}`, { name: `n${i}` }, i))
    const deleted = customers.filter((i) => i % 3 === 0).map((i) => input(`c${i}`, null, 100 + i))
    await writeInput(broker, [...named, ...deleted], CUSTOMER_PARTITIONS, { topic: 'customers' })
    const products = numbers(PRODUCTS).map((i) => input(`p${i}`, { price: i }, i))
    await writeInput(broker, products, PARTITIONS, { topic: 'products' })
    const orders = numbers(ORDERS).map((i) => orderOf(i))
    await writeInput(broker, orders, PARTITIONS, { topic: 'orders' })
  })

  afterEach(async () => {
    await broker.close()
    broker = await open()
  })
  after(() => broker.close())

  it('joins what is there with tables and global tables, in all threads', async () => {
    const threads = { 'num.stream.threads': '2' }
    const { metrics } = await runOnce(broker, { ...settings(), ...threads }, SALES_JOB)
    expect(sumOf(metrics, 'kafka_stream_state_keys', { store: 'products' })).to.equal(PRODUCTS)
    expect(await salesOf(broker)).to.deep.equal(Object.fromEntries(numbers(ORDERS).map(saleOf)))
  })

  it('fills global tables from their beginning after a restart, and hears of what is new', async () => {
    const config = streamsConfig({ ...settings(), 'num.stream.threads': '2' })
    const streams = await runStreams(SALES_JOB, config, { broker })
    try {
      await writeInput(broker, [orderOf(ORDERS + 1, 'c1')], PARTITIONS, { topic: 'orders' })
      await until('a customer of before is known', async () => {
        return (await salesOf(broker))[`o${ORDERS + 1}`]?.name === 'n1'
      })
      const late = [input('late', { name: 'Late' }, 5_000)]
      await writeInput(broker, late, CUSTOMER_PARTITIONS, { topic: 'customers' })
      let next = ORDERS + 2
      await until('a new customer is known', async () => {
        await writeInput(broker, [orderOf(next++, 'late')], PARTITIONS, { topic: 'orders' })
        return Object.values(await salesOf(broker)).some(({ name }) => name === 'Late')
      })
    } finally {
      streams.stop()
      await streams.done
    }
  })
}

async function salesOf(broker: Broker): Promise<Record<string, { name: string; price: number }>> {
  const sales: Record<string, { name: string; price: number }> = {}
  await readTopic(broker, 'sales', ({ value }) => {
    const { id, ...sale } = JSON.parse(value!.toString()) as { id: string } & (typeof sales)[string]
    sales[id] = sale
  })
  return sales
}
