// What the log says of restores: how far they are from time to time, and when they are done.
import { expect } from 'chai'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { RestoreLog } from '../../runtime/restore-log.ts'
import { silentLog } from '../../runtime/run-log.ts'

describe('the log of restores', () => {
  const none = { topics: [], partitions: [], stores: [], operators: [], nodes: [], dropReasons: [] }
  const slab = MetricSlab.create({ tasks: [{ taskId: '1_0' }, { taskId: '1_1' }], ...none })
  const lines: { fields: object; text: string }[] = []
  const log = new RestoreLog(() => [slab], {
    ...silentLog,
    info: (fields: object, text: string) => lines.push({ fields, text }),
  })
  const restored = slab.counter('kafka_stream_task_restored_records_total', { task_id: '1_0' })
  const left = slab.gauge('kafka_stream_task_restore_remaining_records', { task_id: '1_0' })

  it('has nothing where nothing is restored', () => {
    for (const nowMs of [0, 20_000]) log.look(nowMs)
    expect(lines).to.deep.equal([])
  })

  it('has a line every ten seconds while one goes on, and one at its end', () => {
    left.set(900)
    for (const nowMs of [21_000, 26_000]) log.look(nowMs)
    expect(lines).to.deep.equal([])
    restored.add(600)
    left.set(300)
    log.look(31_000)
    restored.add(300)
    left.set(0)
    for (const nowMs of [33_000, 34_000]) log.look(nowMs)
    expect(lines).to.deep.equal([
      { fields: { left: { '1_0': 300 }, records: 600 }, text: 'state is being restored' },
      { fields: { records: 900, ms: 12_000 }, text: 'state is restored' },
    ])
  })

  it('tells of one that was done between two looks', () => {
    restored.add(7)
    log.look(50_000)
    expect(lines.at(-1)).to.deep.equal({
      fields: { records: 7, ms: 0 },
      text: 'state is restored',
    })
  })
})
