// Exactly once on Kafka with one record in a hundred that cannot be read, that the job's code throws on, or that
// threads die of, with strangers among the rows between its parts, and with kills: each of them is a dead letter
// once, and all others are counted once.
import { expect } from 'chai'
import { fileURLToPath } from 'node:url'
import type { Broker } from '../../broker/ports.ts'
import { RecordBatchBuilder } from '../../broker/record-batch-builder.ts'
import { exactlyOnce, runCli } from '../cli/run-cli.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { differences } from '../support/batch-count.ts'
import {
  COUNTED,
  countOrders,
  CRASHING_JOB,
  orders,
  withEnds,
  writeOrderTexts,
  type Order,
} from '../support/faulty-orders.ts'
import { readTable, readTopic, repeatedUpdates, rowsIn } from '../support/final-tables.ts'
import { killRepeatedly, seed } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import { ownKafka } from '../support/own-kafka.ts'

const ROWS = 20_000
const KILLS = 2
/** One in each of so many partitions. */
const STRANGERS = 2
const LETTERS = 'orders.dead-letter'

/** What somebody else has written to the repartition topic, by mistake. */
async function writeStrangers(broker: Broker): Promise<void> {
  const producer = await broker.openProducer()
  for (let partition = 0; partition < STRANGERS; partition++) {
    const rows = new RecordBatchBuilder()
    rows.append(Buffer.from('stranger'), Buffer.from('no frame'), 1)
    await producer.send({ topic: 'crashing-by-name-repartition', partition }, rows)
  }
  await producer.flush()
  await producer.close()
}

/** A text for each order: one in a hundred is poison. */
function textsOf(rows: readonly Order[]): { texts: string[]; poison: number[]; good: Order[] } {
  const poison: number[] = []
  const good: Order[] = []
  const texts = rows.map((order, i) => {
    if (i % 100 !== 50) {
      good.push(order)
      return JSON.stringify(order)
    }
    poison.push(i)
    if (i === 10_050) return JSON.stringify({ ...order, fault: 'exit' })
    return i % 200 === 50 ? `{"name": ${i}` : JSON.stringify({ ...order, fault: 'throw' })
  })
  return { texts, poison, good }
}

describe(`poison at one record in a hundred, on Kafka (MILLRACE_SEED=${seed})`, function () {
  this.timeout(600_000)
  const path = temporaryDirectory()
  const kafka = ownKafka()

  it('is a dead letter each, once, and holds nothing up', async () => {
    const { broker } = kafka
    const { texts, poison, good } = textsOf(orders(ROWS))
    await writeOrderTexts(broker, texts)
    const args = exactlyOnce(fileURLToPath(CRASHING_JOB), kafka.bootstrapServers, path('state'))
    await killRepeatedly({
      args,
      times: KILLS,
      until: good.length * 0.8,
      progress: () => rowsIn(broker, COUNTED),
    })
    await writeStrangers(broker)
    tellFaults(poison.length + STRANGERS + KILLS, 'poison records and kills')
    const { code, stderr } = await runCli(...args, '--once')
    expect(code, stderr).to.equal(0)
    const actual = await readTable(broker, COUNTED)
    expect(await repeatedUpdates(broker, COUNTED)).to.deep.equal([])
    expect(differences(withEnds(actual), countOrders(good))).to.deep.equal([])
    expect(await repeatedUpdates(broker, COUNTED)).to.deep.equal([])
    const letters: string[] = []
    await readTopic(broker, LETTERS, ({ key }) => letters.push(String(key)))
    const strangers = letters.filter((key) => key === 'stranger')
    expect(strangers).to.have.length(STRANGERS)
    const others = letters.filter((key) => key !== 'stranger')
    expect(others.sort()).to.deep.equal(poison.map((i) => `order-${i}`).sort())
  })
})
