// Joins by a foreign key over several partitions, threads and restarts, on the embedded log.
import { billsOn } from '../support/bills.ts'
import { embeddedLogs } from '../support/embedded-log.ts'

describe('a job that joins by a foreign key, on the embedded log', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()

  billsOn(
    () => logs.open('bills'),
    () => ({ 'commit.interval.ms': '100' }),
  )
})
