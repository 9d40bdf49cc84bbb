// The page of the trains adds up, whatever became of the job: it stays open in a browser while the job is
// killed again and again in the middle of its work, at full speed, and shows in the end what was produced.
// MILLRACE_TRANSIT_HOURS=24 does it with a day of the city, or with any number of hours.
import { expect } from 'chai'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { Broker } from '../../broker/ports.ts'
import { arrivals, entries } from '../../jobs/transit/topics.ts'
import { setting, startCli, type Running } from '../cli/run-cli.ts'
import { eventsOf, statusAfter } from '../jobs/transit/city.ts'
import { embeddedLogs } from '../support/embedded-log.ts'
import { partitionsOf } from '../support/final-tables.ts'
import { freePort } from '../support/free-port.ts'
import { kill, killRepeatedly, seed } from '../support/killing.ts'
import { tellFaults } from '../support/long-run.ts'
import { toolOrSkip } from '../support/tools.ts'
import { makeTopics, writeEvents, writeStops } from '../support/transit.ts'
import { shownRows, shownTotals } from '../support/transit-page.ts'
import { until } from '../support/until.ts'

const HOURS = Number(process.env['MILLRACE_TRANSIT_HOURS'] ?? 6)
const KILLS = 3
const STATIONS = 94
/** How long the work may take on a machine that has other work, too. */
const PATIENCE_MS = 60_000 + HOURS * 30_000

describe(`the page of the trains after kill -9 (MILLRACE_SEED=${seed})`, function () {
  this.timeout(3 * PATIENCE_MS)
  const logs = embeddedLogs()
  const events = eventsOf(HOURS, seed)
  let broker: Broker
  let browser: Browser
  let page: Page
  let running: Running | undefined

  before(async function () {
    const executablePath = toolOrSkip(this, 'chromium')
    broker = await logs.open('log')
    await makeTopics(broker)
    await writeStops(broker)
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: 90_000 })
    page = await browser.newPage()
  })
  after(async () => {
    if (running !== undefined) await kill(running)
    await browser?.close()
  })

  /** Events that the job has done, by what it has committed. */
  const done = async (): Promise<number> => {
    const admin = await broker.openGroupAdmin('transit')
    const topics = await Promise.all(
      [arrivals, entries].map(({ name }) => partitionsOf(broker, name)),
    )
    const offsets = await admin.committed(topics.flat())
    await admin.close()
    return offsets.reduce<number>((sum, offset = 0) => sum + offset, 0)
  }

  it(`shows ${HOURS} hours of the city as they were produced, without a reload`, async () => {
    const port = await freePort()
    const settings = setting({
      'bootstrap.servers': `embedded:${logs.directory('log')}`,
      'server.port': port,
      'num.stream.threads': 2,
      'commit.interval.ms': 50,
      'log.level': 'warn',
    })
    const args = ['start', 'transit', ...settings]
    running = startCli(args)
    const address = `http://127.0.0.1:${port}/job/`
    await until('the page is there', async () => {
      const answer = await fetch(address).catch(() => undefined)
      return answer?.ok === true
    })
    await page.goto(address)
    await page.evaluate(`document.documentElement.dataset.kept = 'true'`)
    await until('the stations are shown', async () => {
      return Object.keys(await shownRows(page)).length === STATIONS
    })
    await kill(running)

    await writeEvents(broker, HOURS, seed)
    await killRepeatedly({ args, times: KILLS, until: events.length * 0.9, progress: done })
    tellFaults(KILLS + 1, 'kill -9')
    running = startCli(args)

    const totals: Record<string, number> = { blue: 0, green: 0, red: 0 }
    for (const { kind, value } of events) {
      if (kind === 'entry') totals[value.line] = totals[value.line]! + 1
    }
    let shown: Record<string, number> = {}
    const isShown = async (): Promise<boolean> => {
      shown = await shownTotals(page)
      return JSON.stringify(shown) === JSON.stringify(totals)
    }
    await until('the totals are shown', isShown, PATIENCE_MS).catch(() => undefined)
    expect(shown).to.deep.equal(totals)
    const expected = statusAfter(events)
    let rows: typeof expected = {}
    const areTrainsThere = async (): Promise<boolean> => {
      rows = await shownRows(page)
      const places = Object.entries(expected)
      return places.every(([place, { a, b }]) => rows[place]?.a === a && rows[place].b === b)
    }
    await until('the trains are shown', areTrainsThere).catch(() => undefined)
    expect(rows).to.deep.equal(expected)
    expect(await page.evaluate('document.documentElement.dataset.kept')).to.equal('true')
  })
})
