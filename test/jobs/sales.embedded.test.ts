// Joins with tables and global tables over several partitions and threads, on the embedded log.
import { embeddedLogs } from '../support/embedded-log.ts'
import { sellsOn } from '../support/sales.ts'

describe('a job that joins, on the embedded log', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()

  sellsOn(
    () => logs.open('sales'),
    () => ({ 'commit.interval.ms': '100' }),
  )
})
