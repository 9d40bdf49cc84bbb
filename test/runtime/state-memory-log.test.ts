// What the log says of stores that have outgrown the memory they are meant to have.
import { expect } from 'chai'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { silentLog } from '../../runtime/run-log.ts'
import { StateMemoryLog } from '../../runtime/state-memory-log.ts'

describe('the log of the memory of stores', () => {
  it('has a line each time that keys and counts go beyond the bound', () => {
    const slab = MetricSlab.create({
      ...{ tasks: [], topics: [], partitions: [], operators: [], nodes: [], dropReasons: [] },
      stores: [{ name: 'counts' }, { name: 'latest' }],
    })
    const lines: object[] = []
    let stateMemoryMaxBytes = 16_777_216
    const log = new StateMemoryLog(
      () => [slab],
      () => ({ stateMemoryMaxBytes }),
      { ...silentLog, warn: (fields: object | string) => lines.push(fields as object) },
    )
    const sizeOf = (store: string, medium: string) =>
      slab.gauge('kafka_stream_state_size_bytes', { store, medium })
    log.look()
    sizeOf('counts', 'memory').set(20_000_000)
    sizeOf('latest', 'memory').set(5_000_000)
    sizeOf('latest', 'spilled').set(500_000_000)
    log.look()
    expect(lines).to.deep.equal([])
    sizeOf('counts', 'memory').set(30_000_000)
    for (let i = 0; i < 3; i++) log.look()
    const told = {
      bytes: 35_000_000,
      bytesMax: 16_777_216,
      largest: { counts: 30_000_000, latest: 5_000_000 },
    }
    expect(lines).to.deep.equal([told])
    stateMemoryMaxBytes = 50_000_000
    log.look()
    stateMemoryMaxBytes = 16_777_216
    log.look()
    expect(lines).to.deep.equal([told, told])
  })
})
