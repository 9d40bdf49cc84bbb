// The job that drops, on a broker: what it dropped lies in topics, as it came and once each, with the reason.
import { expect } from 'chai'
import type { Broker } from '../../broker/ports.ts'
import type { Settings } from '../../config/config.ts'
import { readTopic } from './final-tables.ts'
import { droppedIn, runOnce, writeInput, type RawInput } from './police-job.ts'

const DROPS_JOB = new URL('../fixtures/drops-job.js', import.meta.url)
const TOPIC = 'dropped-visits'

const visit = (key: string | null, value: string | null, timestampMs: number): RawInput => {
  return { key, value, timestampMs, partition: 0 }
}

/** What a topic of dropped records holds, as `key:value@time reason node topic/partition/offset`. */
async function lettersIn(broker: Broker, topic: string): Promise<string[]> {
  const letters: string[] = []
  await readTopic(broker, topic, ({ key, value, timestampMs, headers }) => {
    const place = ['topic', 'partition', 'offset'].map(
      (name) => headers[`__streams.errors.${name}`],
    )
    const why = `${headers['__streams.drop.reason']} ${headers['__streams.drop.node']}`
    letters.push(
      `${key?.toString() ?? ''}:${value?.toString() ?? ''}@${timestampMs} ${why} ${place.join('/')}`,
    )
  })
  return letters
}

/**
 * Describes where dropped records go, whichever broker; call it inside a `describe`.
 * @param open is called once for each run: a connection serves one.
 */
export function dropsOn(open: () => Promise<Broker>, settings: () => Settings): void {
  let broker: Broker
  beforeEach(async () => {
    broker = await open()
  })
  afterEach(() => broker.close())

  const run = async (inputs: readonly RawInput[]): Promise<number> => {
    await writeInput(broker, inputs, 1, { topic: TOPIC })
    const { metrics } = await runOnce(broker, settings(), DROPS_JOB)
    return droppedIn(metrics)
  }
  const late = [
    'b:early@9 expired-window per-window dropped-visits/0/2',
    ':none@21 null-key per-window dropped-visits/0/3',
  ]

  it('goes to the topic of its operator, and to that of the topology where it names none', async () => {
    const inputs = [visit('a', 'x', 5), visit('a', 'y', 20), visit('b', 'early', 9)]
    const dropped = await run([...inputs, visit(null, 'none', 21), visit('c', null, 22)])
    expect(dropped).to.equal(3)
    expect(await lettersIn(broker, 'drops-late')).to.have.members(late)
    const [other, ...more] = await lettersIn(broker, 'drops-others')
    expect(more).to.deep.equal([])
    expect(other).to.match(/^c:@22 null-value per-user .*by-user-again-repartition\/\d+\/\d+$/)
  })

  it('is there once after a restart, which knows what is late', async () => {
    expect(await run([visit('d', 'late', 8)])).to.equal(1)
    expect(await lettersIn(broker, 'drops-late')).to.have.members([
      ...late,
      'd:late@8 expired-window per-window dropped-visits/0/5',
    ])
    expect(await lettersIn(broker, 'drops-others')).to.have.length(1)
  })
}
