// Runs the compared job on Kafka until SIGTERM, with the settings of a MODE. Started by bench/peer/run.
import { openBroker } from '../../broker/open.ts'
import { streamsConfig, type Settings } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'

/** What each mode sets; `default` is what a user gets who sets nothing. */
const modes: Readonly<Record<string, Settings>> = {
  default: {},
  tuned: { 'commit.interval.ms': 1_000, 'emit.interval.ms': 100 },
  eos: { 'processing.guarantee': 'exactly_once_v2' },
  latency: { 'commit.interval.ms': 1_000, 'emit.interval.ms': 0, 'producer.linger.ms': 0 },
}

const { BOOTSTRAP = '', APP_ID = '', STATE_DIR = '', MODE = 'default' } = process.env
const [, base = '', threads] = /^(.*?)(?:-(\d+)threads?)?$/.exec(MODE)!
const mode = modes[base]
if (mode === undefined) {
  const known = Object.keys(modes).join(', ')
  throw new Error(`MODE=${MODE}: known are ${known}, each also with -Nthreads`)
}
const config = streamsConfig({
  'bootstrap.servers': BOOTSTRAP,
  'application.id': APP_ID,
  'state.dir': STATE_DIR,
  ...mode,
  ...(threads === undefined ? {} : { 'num.stream.threads': Number(threads) }),
})
const broker = await openBroker({
  kind: 'kafka',
  bootstrapServers: BOOTSTRAP,
  clientId: APP_ID,
  settings: config.kafka,
  replicationFactor: -1,
})
const write = (level: string) => (fields: object | string, message?: string) => {
  console.error(level, message ?? fields, message === undefined ? '' : fields)
}
const streams = await runStreams(new URL('topology.js', import.meta.url), config, {
  broker,
  log: { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') },
})
process.once('SIGTERM', () => streams.stop())
await streams.done.finally(() => broker.close())
