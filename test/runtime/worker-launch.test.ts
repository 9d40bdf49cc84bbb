import { Workers } from '../../runtime/worker-launch.ts'
import { until } from '../support/until.ts'

/** Worker threads of this process. */
function workersNow(): number {
  return (process.report.getReport() as unknown as { workers: unknown[] }).workers.length
}

describe('workers that are started ahead', () => {
  it('load, and end where nobody needs them', async () => {
    const before = workersNow()
    const workers = new Workers()
    const topology = new URL('../../jobs/police-calls/topology.js', import.meta.url).href
    workers.prepare(2, topology)
    // What is wrong with a topology is told when it is launched.
    workers.prepare(1, 'file:///nowhere/topology.js')
    await until('all run', () => workersNow() === before + 3)
    await workers.release()
    await until('none is left', () => workersNow() === before)
  })

  it('may be given up while they load', async () => {
    const before = workersNow()
    for (let round = 0; round < 4; round++) {
      const workers = new Workers()
      workers.prepare(2, new URL('../../jobs/transit/topology.js', import.meta.url).href)
      await until('they begin', () => workersNow() > before)
      await workers.release()
    }
    await until('none is left', () => workersNow() === before)
  })
})
