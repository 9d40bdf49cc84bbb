// The embedded broker keeps the contract.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedBroker, openEmbeddedDataPort } from '../../broker/embedded/index.ts'
import { describeBrokerContract } from './contract.ts'

describe('the embedded broker', () => {
  let directory = ''
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-embedded-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  describeBrokerContract('the embedded log', async () => {
    const broker = await openEmbeddedBroker(directory)
    return {
      broker,
      openDataPort: (spec) => {
        if (spec.kind !== 'embedded') throw new Error(`not an embedded channel: ${spec.kind}`)
        return openEmbeddedDataPort(spec)
      },
      close: () => broker.close(),
    }
  })
})
