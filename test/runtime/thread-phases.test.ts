import { expect } from 'chai'
import { EventLoops } from '../../runtime/event-loops.ts'
import { MetricSlab } from '../../runtime/metrics/slab.ts'
import { collectMetrics } from '../../runtime/metrics/snapshot.ts'
import { ThreadPhases, type Phase } from '../../runtime/thread-phases.ts'
import { sumOf } from '../support/police-job.ts'
import { dimensionsOf } from './metrics/dimensions.ts'

describe('the phases of a thread', () => {
  const slabOf = (thread?: string): MetricSlab => MetricSlab.create(dimensionsOf(1), thread)

  it('count a part by itself, and not in the phase around it', () => {
    const slab = slabOf()
    const phases = new ThreadPhases(slab)
    const seconds = (phase: Phase): number =>
      sumOf(collectMetrics([slab]), 'kafka_stream_thread_phase_seconds_total', { phase })
    // The part says that it has taken an hour, which is more than the whole did.
    phases.in('process', () => phases.part('poll', performance.now() - 3_600_000))
    expect(seconds('poll')).to.be.within(3_600, 3_660)
    expect(seconds('process')).to.equal(0)
    phases.in('process', () => undefined)
    expect(seconds('process')).to.be.within(0, 60)
  })

  it('count no operation that found nothing to do', () => {
    const slab = slabOf()
    const phases = new ThreadPhases(slab)
    phases.in('process', () => 0)
    phases.in('process', () => 3)
    phases.part('poll', performance.now(), false)
    const latencies = collectMetrics([slab]).find(
      ({ name }) => name === 'kafka_stream_thread_latency_seconds',
    )
    const counts = latencies?.samples.map(({ cumulativeCounts }) => cumulativeCounts.at(-1))
    expect(counts).to.deep.equal([0, 1, 0, 0])
  })

  it('give back what the work throws, with its time counted', () => {
    const slab = slabOf()
    const phases = new ThreadPhases(slab)
    const broken = () => {
      throw new Error('broken')
    }
    expect(() => phases.in('commit', broken)).to.throw('broken')
    const commits = sumOf(collectMetrics([slab]), 'kafka_stream_thread_phase_seconds_total', {
      phase: 'commit',
    })
    expect(commits).to.be.above(0)
  })

  it('leave to the loop of a thread what it did not wait by itself', () => {
    const main = slabOf()
    const worker = slabOf('stream-thread-1')
    const loops = new EventLoops()
    const idle = worker.counter('kafka_stream_thread_phase_seconds_total', { phase: 'idle' })
    const times = { active: 0, idle: 0 }
    let nowMs = 0
    /** A second later, of which the loop was so long in its own wait, and the thread in its. */
    const look = (loopIdleMs: number, waitedMs: number): number => {
      nowMs += 1_000
      times.active += 1_000 - loopIdleMs
      times.idle += loopIdleMs
      idle.add(waitedMs / 1_000)
      const thread = { threadId: 'stream-thread-1', loopTimes: { ...times } }
      loops.look([main, worker], [thread], nowMs)
      const name = 'kafka_stream_thread_eventloop_utilization_ratio'
      return sumOf(collectMetrics([main, worker]), name, { thread_id: 'stream-thread-1' })
    }
    expect(look(200, 300)).to.be.closeTo(0.5, 1e-9)
    expect(look(0, 0)).to.be.closeTo(1, 1e-9)
    expect(look(0, 1_000)).to.be.closeTo(0, 1e-9)
    // Another thread has taken its place: its loop begins anew.
    Object.assign(times, { active: -500, idle: 0 })
    expect(look(500, 0)).to.equal(0)
    expect(look(250, 250)).to.be.closeTo(0.5, 1e-9)
  })
})
