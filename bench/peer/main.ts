// Runs the compared job on Kafka until SIGTERM, with the settings of a MODE. Started by bench/peer/run.
import { streamsConfig, type Settings } from '../../config/config.ts'
import { runStreams } from '../../runtime/run-streams.ts'

/** Broker and harness take the other one of two cores; what is for all of a machine is `default`. */
const BESIDE_A_BROKER: Settings = { 'num.stream.threads': 1 }

/** What each mode sets; `default` is what a user gets who sets nothing. */
const modes: Readonly<Record<string, Settings>> = {
  default: {},
  tuned: { ...BESIDE_A_BROKER, 'commit.interval.ms': 1_000, 'emit.interval.ms': 100 },
  eos: { ...BESIDE_A_BROKER, 'processing.guarantee': 'exactly_once_v2' },
  latency: {
    ...BESIDE_A_BROKER,
    'commit.interval.ms': 1_000,
    'emit.interval.ms': 0,
    'producer.linger.ms': 0,
  },
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
const write = (level: string) => (fields: object | string, message?: string) => {
  console.error(level, message ?? fields, message === undefined ? '' : fields)
}
const streams = await runStreams(new URL('topology.js', import.meta.url), config, {
  log: { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') },
})
process.once('SIGTERM', () => streams.stop())
await streams.done
