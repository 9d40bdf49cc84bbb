// Rows on their way out of a worker: collected per partition, handed over in order, counted.
import { expect } from 'chai'
import type { DataPort } from '../../broker/ports.ts'
import { unpack } from '../../broker/packed-batch.ts'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { Outputs } from '../../runtime/outputs.ts'

const partitions = { one: 2, two: 1 }
const labels = { tasks: [], partitions: [], stores: [], nodes: [], operators: [], dropReasons: [] }

/** Outputs over a port that keeps what it is given. */
function outputsOf(transactional: boolean) {
  const produced: [topic: string, partition: number, values: string[]][] = []
  const port: Pick<DataPort, 'produce' | 'transactional'> = {
    transactional,
    produce({ topic, partition }, rows) {
      const { count, bytes, ends } = unpack(rows.pack())
      const values = Array.from({ length: count }, (_, row) =>
        Buffer.from(bytes.subarray(ends[row * 3], ends[row * 3 + 1])).toString(),
      )
      produced.push([topic, partition, values])
    },
  }
  const slab = MetricSlab.create({ ...labels, topics: Object.keys(partitions) }, 'stream-thread-1')
  const outputs = new Outputs(port as DataPort, slab, partitions)
  const write = (topic: string, partition: number, value: string): void =>
    outputs.topic(topic).rowsOf(partition).append(null, Buffer.from(value), 0)
  return { outputs, produced, slab, write }
}

describe('the outputs of a worker', () => {
  it('keep rows until they are flushed, in order within each partition', () => {
    const { outputs, produced, write } = outputsOf(false)
    write('one', 1, 'a')
    write('two', 0, 'b')
    write('one', 1, 'c')
    expect(produced).to.deep.equal([])
    expect([outputs.waiting, outputs.waitingBytes, outputs.records]).to.deep.equal([3, 3, 0])
    outputs.flush()
    expect(produced).to.deep.equal([
      ['one', 1, ['a', 'c']],
      ['two', 0, ['b']],
    ])
    expect([outputs.waiting, outputs.waitingBytes, outputs.records]).to.deep.equal([0, 0, 3])
    outputs.flush()
    expect(produced).to.have.length(2)
  })

  it('count records and bytes by topic as they are handed over', () => {
    const { outputs, slab, write } = outputsOf(false)
    const records = slab.counter('kafka_stream_topic_records_produced_total', { topic: 'one' })
    const bytes = slab.counter('kafka_stream_topic_bytes_produced_total', { topic: 'one' })
    write('one', 0, 'abc')
    write('one', 1, 'de')
    expect([records.value, bytes.value]).to.deep.equal([0, 0])
    outputs.flush()
    expect([records.value, bytes.value]).to.deep.equal([2, 5])
  })

  it('know the partitions of a topic, the same each time', () => {
    const { outputs } = outputsOf(false)
    expect(outputs.topic('one').partitions).to.equal(2)
    expect(outputs.topic('one')).to.equal(outputs.topic('one'))
  })

  it('hand over a lump at a time where rows wait for the commit anyway', () => {
    const lump = 'x'.repeat(100_000)
    for (const transactional of [true, false]) {
      const { outputs, produced, write } = outputsOf(transactional)
      for (let i = 0; i < 5; i++) write('two', 0, lump)
      const handed = transactional ? 2 : 0
      expect(produced).to.have.length(handed)
      outputs.flush()
      expect(produced.reduce((sum, [, , values]) => sum + values.length, 0)).to.equal(5)
    }
  })
})
