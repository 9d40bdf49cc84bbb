// The status page in a real browser, beside the real job: what it shows is what was produced, counted by itself.
import { expect } from 'chai'
import { chromium, type Browser, type Page } from 'playwright-core'
import { createContext, type CliContext } from '../../../cli/context.ts'
import { loadJob } from '../../../cli/job.ts'
import { startJob, type RunningJob } from '../../../cli/run-job.ts'
import { LINES, readLines } from '../../../data/transit/lines.ts'
import type { TransitEvent } from '../../../data/transit/simulation.ts'
import { temporaryDirectory } from '../../data/temporary-directory.ts'
import { freePort } from '../../support/free-port.ts'
import { toolOrSkip } from '../../support/tools.ts'
import { makeTopics, writeEvents, writeStops } from '../../support/transit.ts'
import { shownRows } from '../../support/transit-page.ts'
import { until } from '../../support/until.ts'
import { eventsOf, placeOf, statusAfter, type StatusRow } from './city.ts'

const HOUR_MS = 3_600_000

/** Words of stations' names, between what lines may end at, that stand in two lines. */
const BROKEN_WORDS = `[...document.querySelectorAll('tbody th')]
  .flatMap((cell) => [...cell.childNodes].filter((node) => node.data !== undefined))
  .flatMap((text) => [...text.data.matchAll(/[^\\s-]+/g)].filter(({ index, 0: word }) => {
    const range = document.createRange()
    range.setStart(text, index)
    range.setEnd(text, index + word.length)
    return new Set([...range.getClientRects()].map(({ top }) => top)).size > 1
  }).map(([word]) => word))`

describe('the status page of the trains', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  const problems: string[] = []
  const requests = new Set<string>()
  let port: number
  let context: CliContext
  let job: RunningJob
  let browser: Browser
  let page: Page

  const start = async (): Promise<void> => {
    context = createContext({
      set: [
        ...[`bootstrap.servers=embedded:${directory('log')}`, `server.port=${port}`],
        ...['log.level=error', 'topic.partitions=2'],
      ],
    })
    job = await startJob(context, await loadJob('transit'), { once: false })
  }
  const stop = async (): Promise<void> => {
    job?.streams.stop()
    await job?.done
    await context?.close()
  }

  before(async function () {
    const executablePath = toolOrSkip(this, 'chromium')
    port = await freePort()
    context = createContext({ set: [`bootstrap.servers=embedded:${directory('log')}`] })
    await makeTopics(await context.openBroker())
    await context.close()
    await start()
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: 90_000 })
    page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
    await page.clock.install()
    page.on('console', (message) => problems.push(message.text()))
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('request', (request) => requests.add(new URL(request.url()).origin))
    await page.goto(`${job.url}/job/`)
    await page.waitForSelector('html[data-ready]')
  })
  after(async () => {
    await browser?.close()
    await stop()
  })

  const text = async (selector: string): Promise<string> =>
    (await page.locator(selector).first().textContent()) ?? ''
  /** Evaluated there, as an expression: these tests know no types of browsers. */
  const inPage = async (expression: string): Promise<unknown> => page.evaluate(expression)
  const write = async (hours: number, seed: number): Promise<void> =>
    writeEvents(await context.openBroker(), hours, seed)

  const untilShown = async (events: readonly TransitEvent[]): Promise<void> => {
    const expected = statusAfter(events)
    const people = events.filter(({ kind }) => kind === 'entry').length
    let rows: Record<string, StatusRow> = {}
    await until('all entries are shown', async () => {
      rows = await shownRows(page)
      return Object.values(rows).reduce((sum, { entries }) => sum + entries, 0) === people
    })
    await until('all trains are where they came last', async () => {
      rows = await shownRows(page)
      const trains = Object.entries(expected)
      return trains.every(([place, { a, b }]) => rows[place]?.a === a && rows[place].b === b)
    })
    // Orders have no gaps here: the place in the table is the order.
    expect(rows).to.deep.equal(expected)
  }

  it('says that there are no stations before there are any', async () => {
    expect(await text('#empty')).to.include('There are no stations yet')
    expect(await page.locator('#empty').isVisible()).to.equal(true)
  })

  it('shows the stations of the lines in order, the trains both ways, and who has entered', async () => {
    await writeStops(await context.openBroker())
    await write(2, 7)
    await untilShown(eventsOf(2))
    expect(await page.locator('#empty').isVisible()).to.equal(false)
    for (const line of LINES) {
      const names = readLines()[line].map(({ name }) => name)
      const heads = await page.locator(`#${line} thead th.platform`).allTextContents()
      expect(heads).to.deep.equal([`↓ Trains to ${names.at(-1)}`, `↑ Trains to ${names[0]}`])
    }
    expect(await text('#blue .total')).to.match(/^33 stations · 10 trains · [\d,]+ entries$/)
    const changes = page.locator('#green tr[data-station="40380"] th a')
    expect(await changes.getAttribute('aria-label')).to.equal('change to the Blue Line')
  })

  it('shows the weather and how far the city is', async () => {
    const weather = eventsOf(2).flatMap(({ kind, value }) => (kind === 'weather' ? [value] : []))
    const { temperature, status } = weather.at(-1)!
    expect(await text('#temperature')).to.match(new RegExp(`^${Math.round(temperature)} °F `))
    expect((await text('#sky')).toLowerCase().replaceAll(' ', '_')).to.equal(status)
    // Versions of Chromium differ about the comma.
    expect(await text('#now')).to.match(/^Monday,? 1 October 2018 at 01:55$/)
  })

  it('shows where a train has been for an hour, with the keys alone', async () => {
    const events = eventsOf(2)
    const arrivals = events.filter(({ kind }) => kind === 'arrival')
    const latestMs = Math.max(...arrivals.map(({ value }) => value.timestamp))
    const train = 'BL003'
    const way = events.flatMap(({ kind, value }) =>
      kind === 'arrival' && value.train_id === train && value.timestamp >= latestMs - HOUR_MS
        ? [value]
        : [],
    )
    expect(way).to.have.length(13)
    await page.keyboard.press('Tab')
    expect(await inPage('document.activeElement.textContent')).to.equal('Skip to the lines')
    const button = page.locator(`[aria-label="Train ${train}"]`)
    await button.focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('#train-way li')
    expect(await text('#train-title')).to.equal(`Train ${train}`)
    const names = new Map(readLines().blue.map(({ stationId, name }) => [stationId, name]))
    const times = await page.locator('#train-way time').evaluateAll((all) =>
      // Elements of a browser, of which these tests know no types.
      (all as unknown as { dateTime: string }[]).map(({ dateTime }) => Date.parse(dateTime)),
    )
    expect(times).to.deep.equal(way.map(({ timestamp }) => timestamp).reverse())
    expect(await text('#train-way time')).to.equal('01:55')
    const first = (await page.locator('#train-way li span').first().textContent()) ?? ''
    expect(first).to.include(names.get(way.at(-1)!.station_id))
    const visited = await inPage(
      `[...document.querySelectorAll('.visited')].map((row) => Number(row.dataset.station))`,
    )
    const stations = way.map(({ station_id }) => station_id)
    expect(visited).to.have.members([...new Set(stations)])
    await page.keyboard.press('Escape')
    expect(await page.locator('#train').isVisible()).to.equal(false)
    expect(await inPage('document.activeElement.ariaLabel')).to.equal(`Train ${train}`)
    await until('no station is marked', async () => (await page.locator('.visited').count()) === 0)
  })

  it('names everything that can be reached', async () => {
    const nameless = await inPage(`[...document.querySelectorAll('a, button, [tabindex="0"]')]
      .filter((e) => !(e.getAttribute('aria-label') || e.textContent))
      .map((e) => e.outerHTML.slice(0, 80))`)
    expect(nameless).to.deep.equal([])
  })

  it('says that nothing happens when nothing does', async () => {
    expect(await text('#age')).to.equal('Live')
    await page.clock.fastForward('01:30')
    await until('it is said', async () => (await text('#age')).startsWith('No events since '))
  })

  it('says that the connection is lost, and is right again after a restart', async () => {
    await inPage('document.documentElement.dataset.kept = "true"')
    await stop()
    await until('it is said', async () => (await text('#age')).startsWith('Connection lost. '))
    expect(await inPage('getComputedStyle(document.querySelector("#lines")).opacity')).to.equal(
      '0.55',
    )
    await start()
    await write(3, 8)
    await untilShown([...eventsOf(2), ...eventsOf(3, 8)])
    await until('it is live', async () => (await text('#age')) === 'Live')
    // All of this came without a reload, and what the browser says of lost connections is no problem.
    expect(await inPage('document.documentElement.dataset.kept')).to.equal('true')
    problems.splice(0, Infinity, ...problems.filter((problem) => !/net::ERR_/.test(problem)))
  })

  it('is dark where that is preferred, and fits on a phone', async () => {
    const colors: unknown[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      colors.push(await inPage('getComputedStyle(document.body).backgroundColor'))
    }
    expect(colors).to.deep.equal(['rgb(247, 248, 250)', 'rgb(16, 21, 27)'])
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await inPage('document.documentElement.scrollWidth')).to.equal(360)
    expect(await page.locator('nav a[href="#red"]').isVisible()).to.equal(true)
  })

  it('has room for the words of each name, on a phone and between two and three columns', async () => {
    for (const width of [390, 900, 1200]) {
      await page.setViewportSize({ width, height: 740 })
      expect(await inPage(BROKEN_WORDS), `at a width of ${width}`).to.deep.equal([])
    }
  })

  it('asked nobody else for anything, and complained of nothing', () => {
    expect([...requests]).to.deep.equal([job.url])
    expect(problems).to.deep.equal([])
  })

  it('has the rows that the tables have', async () => {
    const key = encodeURIComponent(JSON.stringify({ line: 'blue', station_id: 40380 }))
    const reply = await fetch(`${job.url}/stores/status/${key}`)
    const { rows } = (await reply.json()) as { rows: { value: StatusRow }[] }
    const there = await shownRows(page)
    const { entries } = there[placeOf('blue', 40380)]!
    expect(rows.map(({ value }) => value.entries)).to.deep.equal([entries])
  })
})
