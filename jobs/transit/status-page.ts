// The page that shows the city: what it is made of. Its scripts lie where they are compiled to, the rest with
// the sources; what it shares with the page of every job it has from there, below /assets/.
import { definePage } from 'millrace'

const SCRIPTS = ['main', 'feed', 'freshness', 'rows', 'line-table', 'train-panel', 'format']

const packageRoot = new URL('.', import.meta.resolve('millrace/package.json'))

/** The status page of Chicago's trains. */
export const page = definePage({
  title: "Chicago's trains",
  files: [
    ...['index.html', 'style.css', 'icon.svg'].map(
      (name) => new URL(`jobs/transit/page/${name}`, packageRoot),
    ),
    ...SCRIPTS.map((name) => new URL(`./page/${name}.js`, import.meta.url)),
  ],
})
