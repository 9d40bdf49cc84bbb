import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import { openPanels, type PagePanels } from '../../server/page-panels.ts'
import type { Panel } from '../../server/wire.ts'
import { definePanel } from '../../topology/panel.ts'
import { json } from '../../topology/serdes/json.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'
import { topic } from '../../topology/topic.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { writeInput } from '../support/police-job.ts'
import { until } from '../support/until.ts'

const ROWS = 5_000
const counts = topic('counts', { key: utf8, value: json.object({ n: json.integer() }) })
const sum = definePanel({
  title: 'Sum',
  topic: counts,
  open() {
    let total = 0
    return {
      add: ({ n }) => void (total += n),
      sections: () => [{ kind: 'note', text: String(total) }],
    }
  },
})

describe('the panels of a job', function () {
  this.timeout(60_000)
  const logs = embeddedLogs()
  let broker: Broker
  let panels: PagePanels

  const write = (values: readonly (string | null)[]): Promise<void> =>
    writeInput(
      broker,
      values.map((value, i) => ({ key: `k${i}`, value, timestampMs: i })),
      2,
      { topic: 'counts' },
    )
  const shows = async (wanted: (panel: Panel) => boolean): Promise<Panel> => {
    let panel: Panel | undefined
    await until('the panel shows it', async () => {
      ;[panel] = await panels.show()
      return panel !== undefined && wanted(panel)
    })
    return panel!
  }

  before(async () => {
    broker = await logs.open('panels')
    await write(Array.from({ length: ROWS }, (_, i) => `{"n":${i}}`))
    panels = openPanels(broker, [sum], {})
  })
  after(() => panels.close())

  it('read all results of their topic once somebody looks', async () => {
    const [first] = await panels.show()
    expect(first).to.deep.include({ title: 'Sum', topic: 'counts', rows: 0, problem: null })
    const panel = await shows(({ rows }) => rows === ROWS)
    expect(panel.sections).to.deep.equal([{ kind: 'note', text: String((ROWS * (ROWS - 1)) / 2) }])
    expect(panel).to.deep.include({ behind: 0, unreadable: 0, problem: null })
  })

  it('go on with what comes, and count what they cannot read', async () => {
    await write(['{"n":1}', 'nonsense', null])
    const panel = await shows(({ rows }) => rows === ROWS + 3)
    expect(panel.unreadable).to.equal(1)
    expect(panel.sections).to.deep.equal([
      { kind: 'note', text: String((ROWS * (ROWS - 1)) / 2 + 1) },
    ])
  })

  it('say why they have stopped', async () => {
    const cause = new Error('no such log')
    const failing = { ...broker, topics: () => Promise.reject(cause) }
    const others = openPanels(failing, [sum], {})
    await others.show()
    const stopped = openPanels(failing, [sum], {})
    await stopped.show()
    let problem: string | null | undefined
    await until('it says so', async () => {
      problem = (await stopped.show())[0]?.problem
      return problem !== null
    })
    expect(problem).to.equal(cause.message)
    await others.close()
    await stopped.close()
  })
})
