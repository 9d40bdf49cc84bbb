// Dropped records in topics, on the embedded log.
import { embeddedLogs } from '../support/embedded-log.ts'
import { dropsOn } from '../support/drops.ts'

describe('a dropped record, on the embedded log', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()

  dropsOn(
    () => logs.open('drops'),
    () => ({ 'commit.interval.ms': '100' }),
  )
})
