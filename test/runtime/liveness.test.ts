import { expect } from 'chai'
import { Liveness } from '../../runtime/liveness.ts'
import { MetricSlab } from '../../runtime/metrics/slab.ts'

describe('the liveness of a client', () => {
  const slab = MetricSlab.create({
    tasks: [{ taskId: '0_0' }],
    topics: ['in'],
    partitions: [
      { topic: 'in', partition: 0 },
      { topic: 'in', partition: 1 },
    ],
    stores: [],
    operators: [],
    nodes: [],
    dropReasons: [],
  })
  const processed = slab.counter('kafka_stream_task_process_total', { task_id: '0_0' })
  const restored = slab.counter('kafka_stream_task_restored_records_total', { task_id: '0_0' })
  const lag = (partition: number) =>
    slab.gauge('kafka_consumer_records_lag', { topic: 'in', partition: String(partition) })
  let liveness: Liveness
  let processingPaused: boolean
  beforeEach(() => {
    processingPaused = false
    liveness = new Liveness(
      () => [slab],
      () => ({ healthProgressTimeoutMs: 10_000, processingPaused }),
    )
    lag(0).set(0)
    lag(1).set(0)
    liveness.look(1_000)
  })

  it('is well while nothing waits, however long nothing comes', () => {
    liveness.look(90_000)
    expect(liveness.problemsAt(99_000)).to.deep.equal([])
  })

  it('is well while records are processed, or stores restored', () => {
    lag(0).set(5)
    for (const [nowMs, counter] of [
      [9_000, processed],
      [18_000, restored],
    ] as const) {
      counter.add(1)
      liveness.look(nowMs)
      liveness.look(nowMs + 9_000)
      expect(liveness.problemsAt(nowMs + 9_999)).to.deep.equal([])
    }
  })

  it('is well while it is paused, and has its time again when it goes on', () => {
    lag(0).set(5)
    processingPaused = true
    for (const nowMs of [5_000, 60_000]) liveness.look(nowMs)
    expect(liveness.problemsAt(60_000)).to.deep.equal([])
    processingPaused = false
    liveness.look(61_000)
    expect(liveness.problemsAt(69_999)).to.deep.equal([])
    expect(liveness.problemsAt(70_000)).to.have.length(1)
  })

  it('is not when records wait and none is processed, and says where most of them are', () => {
    lag(0).set(5)
    lag(1).set(7)
    for (const nowMs of [5_000, 10_000]) liveness.look(nowMs)
    expect(liveness.problemsAt(10_999)).to.deep.equal([])
    const [problem, ...others] = liveness.problemsAt(11_000)
    expect(others).to.deep.equal([])
    expect(problem).to.match(
      /^no record was processed for 10 s, though 12 wait, most of them in in\/1/,
    )
    processed.add(1)
    liveness.look(12_000)
    expect(liveness.problemsAt(12_000)).to.deep.equal([])
  })

  it('names a restore that stands still though others go on, and what may hold it', () => {
    const left = slab.gauge('kafka_stream_task_restore_remaining_records', { task_id: '0_0' })
    left.set(3)
    for (const nowMs of [5_000, 15_000]) {
      processed.add(1)
      liveness.look(nowMs)
    }
    left.set(NaN)
    expect(liveness.problemsAt(15_000).join()).to.match(
      /^the restore of task 0_0 stands still for 10 s, 3 changelog records are left: .*transaction/,
    )
  })
})
