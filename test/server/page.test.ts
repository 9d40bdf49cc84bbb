// The page in a real browser, beside a real job: what it shows is what the endpoints say.
import { expect } from 'chai'
import { chromium, type Browser, type Page } from 'playwright-core'
import { createContext, type CliContext } from '../../cli/context.ts'
import { loadJob } from '../../cli/job.ts'
import { startJob, type RunningJob } from '../../cli/run-job.ts'
import { brief, count, rate } from '../../server/page/format.ts'
import type { QueryProgress } from '../../runtime/progress.ts'
import type { History, Panel, Status } from '../../server/wire.ts'
import { temporaryDirectory } from '../data/temporary-directory.ts'
import { generatedCalls, inputOf, writeInput } from '../support/police-job.ts'
import { toolOrSkip } from '../support/tools.ts'
import { until } from '../support/until.ts'

const ROWS = 3_000
const FIGURES = 9
const CHARTS = 6

describe('the page in a browser', function () {
  this.timeout(120_000)
  const directory = temporaryDirectory()
  const problems: string[] = []
  const requests = new Set<string>()
  let context: CliContext
  let job: RunningJob
  let browser: Browser
  let page: Page

  before(async function () {
    const executablePath = toolOrSkip(this, 'chromium')
    const log = `bootstrap.servers=embedded:${directory('log')}`
    context = createContext({
      set: [
        log,
        'server.port=0',
        'log.level=error',
        'topic.partitions=2',
        'metrics.recording.level=DEBUG',
      ],
    })
    const inputs = generatedCalls(ROWS).map(inputOf)
    const broken = { ...inputs[0]!, key: 'broken', value: '{' }
    await writeInput(await context.openBroker(), [broken, ...inputs], 2)
    job = await startJob(context, await loadJob('police-calls'), { once: false })
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox'],
      timeout: 90_000,
    })
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    page.on('console', (message) => problems.push(message.text()))
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('request', (request) => requests.add(new URL(request.url()).origin))
    await page.goto(`${job.url}/`)
    await page.waitForSelector('html[data-ready]')
    await until(
      'all is processed and shown',
      async () => {
        const { tasks } = await read<Status>('/status')
        const read0 = tasks.filter(({ taskId }) => taskId.startsWith('0_'))
        const [panel] = await read<Panel[]>('/panels')
        const isRead = read0.reduce((sum, { processed }) => sum + processed, 0) === ROWS + 1
        return isRead && panel?.behind === 0 && (panel?.rows ?? 0) > 0
      },
      60_000,
    )
  })
  after(async () => {
    await browser?.close()
    job?.streams.stop()
    await job?.done
    await context?.close()
  })

  async function read<T>(path: string): Promise<T> {
    return (await (await fetch(`${job.url}${path}`)).json()) as T
  }

  const text = async (selector: string): Promise<string> =>
    (await page.locator(selector).first().textContent()) ?? ''

  /** Evaluated there, as an expression: these tests know no types of browsers. */
  const inPage = async (expression: string): Promise<unknown> => page.evaluate(expression)

  it('shows what the last progress report says', async () => {
    expect(await page.locator('#tiles dd').count()).to.equal(FIGURES)
    await until('the figures are those of /progress', async () => {
      const progress = await read<QueryProgress>('/progress')
      const state = progress.stateOperators.reduce((sum, { numRowsTotal }) => sum + numRowsTotal, 0)
      const expected = {
        batch: count(progress.batchId),
        input: rate(progress.inputRowsPerSecond),
        state: brief(state),
        watermark: progress.eventTime?.watermark.slice(0, 16).replace('T', ' '),
      }
      const shown = await Promise.all(Object.keys(expected).map((tile) => text(`#tile-${tile}`)))
      return shown.every((value, i) => value === Object.values(expected)[i])
    })
    await until('nothing is left to read', async () => (await text('#tile-lag')) === '0')
    expect(await text('#tile-dropped')).to.equal('1')
    expect(await text('#state')).to.equal('RUNNING')
  })

  it('has points that add up to what the reports say', async () => {
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
    let points: History['points'] = []
    const rowsOf = (): number => sum(points.map(({ inputRows }) => inputRows))
    await until('all rows are in the points', async () => {
      points = (await read<History>('/history')).points
      return rowsOf() === ROWS + 1
    })
    const recent = await read<QueryProgress[]>('/progress/recent')
    expect(sum(recent.map(({ numInputRows }) => numInputRows))).to.equal(ROWS + 1)
    const counted = points.map(({ operators }) => operators['calls-by-type'] ?? 0)
    expect(sum(counted)).to.equal(ROWS)
    expect(points[0]?.markers).to.deep.equal(['started'])
    expect(await page.locator('#charts canvas').count()).to.equal(CHARTS)
  })

  it('draws the topology with its figures', async () => {
    const { stores } = await read<Status>('/status')
    const names = await page.locator('.graph .node title').allTextContents()
    expect(names).to.have.length(15)
    expect(names).to.include('source service-calls: police.calls')
    for (const { store, keys } of stores) {
      const title = names.find((name) => name.startsWith(`processor ${store}: `))
      expect(title).to.include(`${brief(keys)} rows`)
    }
    const boxes = await page.locator('.graph .box-title').allTextContents()
    expect(boxes).to.deep.equal([
      'sub-topology 0, tasks: 2, dropped: 1',
      'sub-topology 1, tasks: 2',
      'sub-topology 2, tasks: 2',
    ])
  })

  it('shows threads, tasks and the settings that differ', async () => {
    const { threads, tasks } = await read<Status>('/status')
    const rows = await page.locator('#task-tables table:nth-of-type(2) tbody tr').count()
    expect(rows).to.equal(tasks.length)
    const [first] = threads
    expect(await text('#task-tables tbody tr')).to.include(`${first?.threadId}RUNNING`)
    const keys = (): Promise<string[]> =>
      page.locator('#config-table tbody td:first-child').allTextContents()
    expect(await keys())
      .to.include('server.port')
      .and.not.include('commit.interval.ms')
    await page.locator('#config-all').check()
    expect(await keys()).to.include('commit.interval.ms')
  })

  it('shows the results of the job', async () => {
    await until('all calls are in the panel', async () =>
      (await text('#panels article')).includes(`${count(ROWS)} calls of`),
    )
    const tables = await page.locator('#panels caption').allTextContents()
    expect(tables).to.deep.equal(['Busiest types', 'Outcomes'])
    expect(await page.locator('#panels .bar').count()).to.equal(24)
    expect(await text('#panels')).to.match(/periodogram/i)
  })

  it('can be used with the keys alone', async () => {
    await page.reload()
    await page.waitForSelector('html[data-ready]')
    await page.keyboard.press('Tab')
    expect(await inPage('document.activeElement.textContent')).to.equal('Skip to the content')
    const canvas = page.locator('#charts .canvas').first()
    await canvas.focus()
    expect(await canvas.getAttribute('aria-label')).to.include('now')
    await canvas.press('ArrowLeft')
    expect(await canvas.getAttribute('aria-label')).not.to.include('now')
    const button = page.locator('#charts .legend button').first()
    await button.focus()
    await button.press('Enter')
    expect(await button.getAttribute('aria-pressed')).to.equal('false')
    await button.press('Enter')
    expect(await button.getAttribute('aria-pressed')).to.equal('true')
  })

  it('names everything that can be reached', async () => {
    const nameless = await inPage(`[...document.querySelectorAll(
      'a, button, input, [role=img], [role=group], [tabindex="0"]')]
      .filter((e) => !(e.getAttribute('aria-label') || e.textContent || e.labels?.length))
      .map((e) => e.outerHTML.slice(0, 80))`)
    expect(nameless).to.deep.equal([])
  })

  it('is dark where that is preferred, and fits on a phone', async () => {
    const colors: unknown[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      colors.push(await inPage('getComputedStyle(document.body).backgroundColor'))
    }
    expect(colors).to.deep.equal(['rgb(247, 248, 250)', 'rgb(16, 21, 27)'])
    await page.setViewportSize({ width: 390, height: 844 })
    await until('the charts are as narrow', async () => {
      const width = await inPage('document.querySelector("#charts canvas").clientWidth')
      return Number(width) < 390
    })
    expect(await inPage('document.documentElement.scrollWidth')).to.equal(390)
  })

  it('asked nobody else for anything, and complained of nothing', () => {
    expect([...requests]).to.deep.equal([job.url])
    expect(problems).to.deep.equal([])
  })
})
