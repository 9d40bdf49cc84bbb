// Posting to topics of the embedded log.
import { expect } from 'chai'
import { openBroker } from '../../broker/open.ts'
import { openIngest } from '../../cli/ingest.ts'
import { loadConfig } from '../../config/config.ts'
import transit from '../../jobs/transit/topology.ts'
import { RecordRate } from '../../server/ingest-limits.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { describeIngest } from './ingest-cases.ts'

const directory = temporaryDirectory()

describeIngest('on the embedded log', () =>
  openBroker({ kind: 'embedded', directory: directory('log') }),
)

describe('posting to topics over HTTP', () => {
  it('is off unless topics are named', async () => {
    const broker = await openBroker({ kind: 'embedded', directory: directory('off') })
    expect(await openIngest(loadConfig(), broker, transit)).to.equal(undefined)
    await broker.close()
  })

  it('lets a rate through over any time, with one request beyond it', () => {
    let nowMs = 0
    const rate = new RecordRate(10, () => nowMs)
    let passed = 0
    for (; nowMs < 10_000; nowMs += 50) {
      try {
        rate.take(4)
        passed += 4
      } catch {
        // Refused: it comes again.
      }
    }
    expect(passed).to.be.within(100, 10 + 100 + 4)
  })
})
