// Small topologies of text topics, run in the test driver: what tests of single operators have in common.
import { topic, utf8, type Topic, type TopologyBuilder, type TopologyOptions } from '../../index.ts'
import { defineTopology } from '../../index.ts'
import { TopologyTestDriver, type TestDriverOptions } from '../../testing.ts'

/** A topic whose keys and values are texts. */
export const texts = (name: string): Topic<string, string> =>
  topic(name, { key: utf8, value: utf8 })
/** Its serdes, where an operator wants them. */
export const strings = { key: utf8, value: utf8 }

/** A driver of which tests write and read `key:value@time`. */
export class TextDriver {
  readonly driver: TopologyTestDriver

  constructor(
    build: (builder: TopologyBuilder) => void,
    options: TestDriverOptions = {},
    topology: TopologyOptions = {},
  ) {
    this.driver = new TopologyTestDriver(defineTopology('job', build, topology), options)
  }

  /** Puts records in; without a value behind the colon it is null, without a key before it, too. */
  pipe(topic: string, ...records: string[]): void {
    for (const record of records) {
      const [, key = '', value = '', at = '0'] = /^(.*):(.*)@(.*)$/.exec(record) ?? []
      const fields = { key: key || null, value: value || null, timestampMs: Number(at) }
      this.driver.pipeInput(texts(topic), fields)
    }
  }

  /** What came out since. */
  read(topic: string): string[] {
    const rows = this.driver.readOutput(texts(topic))
    return rows.map(({ key, value, timestampMs }) => `${key ?? ''}:${value ?? ''}@${timestampMs}`)
  }
}
