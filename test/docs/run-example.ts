// Runs an example through the test driver and tells what came out in the words of the page. Used by
// examples.test.ts.
import type { Topology } from '../../topology/topology.ts'
import type { Windowed } from '../../topology/windows.ts'
import { TopologyTestDriver } from '../../testing.ts'
import type { Example, Line } from './example.ts'

/** What the page says, in one spelling; outputs of one input go by their topic, as a reader finds them. */
export function expectedOf(lines: readonly Line[]): string[] {
  return inSteps(lines).flatMap(([first, ...results]) => [
    textOf(first!),
    ...byTopic(results.map(textOf)),
  ])
}

/** What the topology makes of the inputs that the page names. */
export function actualOf(
  topology: Topology,
  { lines, settings }: Pick<Example, 'lines' | 'settings'>,
): string[] {
  // Topics that are chosen by the record must exist.
  const partitions = Object.fromEntries(
    lines.flatMap((line) => (line.kind === 'out' ? [[line.topic, 1]] : [])),
  )
  const driver = new TopologyTestDriver(topology, { partitions, config: settings })
  try {
    return inSteps(lines).flatMap(([first]) => [textOf(first!), ...byTopic(run(driver, first!))])
  } finally {
    driver.close()
  }
}

/** Each input, or move of the clock, with the results behind it. */
function inSteps(lines: readonly Line[]): Line[][] {
  const steps: Line[][] = []
  for (const line of lines) {
    if (line.kind === 'in' || line.kind === 'clock') steps.push([line])
    else steps.at(-1)!.push(line)
  }
  return steps
}

function run(driver: TopologyTestDriver, step: Line): string[] {
  const before = driver.drops()
  if (step.kind === 'clock') driver.advanceWallClock(step.byMs)
  if (step.kind === 'in') {
    const { topic, key, value, timestampMs } = step
    driver.pipeInput<unknown, unknown>(topic, {
      key: JSON.parse(key) as unknown,
      value: JSON.parse(value) as unknown,
      timestampMs,
    })
  }
  const outputs = driver.producedTopics.flatMap((topic) =>
    driver
      .readOutput<unknown, unknown>(topic)
      .map(({ key, value, timestampMs }) =>
        recordText('out', topic, keyText(key), jsonOf(value), timestampMs),
      ),
  )
  const drops = Object.entries(driver.drops()).flatMap(([reason, count]) =>
    new Array<string>(count - (before[reason as keyof typeof before] ?? 0)).fill(`drop ${reason}`),
  )
  return [...outputs, ...drops]
}

function byTopic(texts: readonly string[]): string[] {
  const topicOf = (text: string): string => text.split(' ', 2).join(' ')
  // Sorting is stable: records of one topic stay in their order.
  return [...texts].sort((one, other) => topicOf(one).localeCompare(topicOf(other)))
}

function textOf(line: Line): string {
  switch (line.kind) {
    case 'drop':
      return `drop ${line.reason}`
    case 'clock':
      return `clock ${line.byMs / 1_000}s`
    default: {
      const [, key, window = ''] = /^(.*?)( [\d.]+s-\S+s)?$/.exec(line.key)!
      const value = JSON.stringify(JSON.parse(line.value))
      const name = JSON.stringify(JSON.parse(key!)) + window
      return recordText(line.kind, line.topic, name, value, line.timestampMs)
    }
  }
}

function recordText(
  kind: string,
  topic: string,
  key: string,
  value: string,
  timestampMs: number,
): string {
  return `${kind} ${topic} ${key} = ${value} @ ${timestampMs / 1_000}s`
}

function keyText(key: unknown): string {
  if (typeof key !== 'object' || key === null || !('window' in key)) return jsonOf(key)
  const { key: inner, window } = key as Windowed<unknown>
  return `${jsonOf(inner)} ${window.startMs / 1_000}s-${window.endMs / 1_000}s`
}

/** Bytes are those of a topic that no node declares: texts, in the examples. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value instanceof Uint8Array ? new TextDecoder().decode(value) : value)
}
