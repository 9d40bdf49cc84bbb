// Draws the board with what a Prometheus has, as a picture:
// `node grafana/preview/picture.cjs URL FILE [MINUTES [UNTIL, seconds since the epoch]]`.
// Needs `npm install` in this directory once, and Chromium.
const { join } = require('node:path')
const { chromium } = require('playwright-core')

const [url = 'http://127.0.0.1:9090', file = 'board.png', minutes = '5', until] =
  process.argv.slice(2)
const outDir = join(__dirname, '..', '..', '.build', 'board-preview')

const end = until === undefined ? '' : `&until=${until}`

async function draw() {
  const { build, preview } = await import('vite')
  const common = { root: __dirname, configFile: false, logLevel: 'warn' }
  await build({
    ...common,
    esbuild: { jsx: 'automatic' },
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    build: { outDir, emptyOutDir: true, target: 'esnext', chunkSizeWarningLimit: 99_999 },
  })
  const server = await preview({
    ...common,
    build: { outDir },
    preview: { port: 0, host: '127.0.0.1', proxy: { '/api': url } },
  })
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1616, height: 1000 } })
    page.on('pageerror', (error) => console.error(error.message))
    await page.goto(`${server.resolvedUrls.local[0]}?minutes=${minutes}${end}`)
    await page.waitForFunction(() => document.title === 'drawn', undefined, { timeout: 60_000 })
    await page.waitForTimeout(1_000)
    await page.screenshot({ path: file, fullPage: true })
  } finally {
    await browser.close()
    await server.close()
  }
}

void draw()
