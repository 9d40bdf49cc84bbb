// What is wrong with a source's settings beyond a single value: what is missing, what has no effect.
import type { ConfigProblem } from './config-error.ts'
import type { ValuesOf } from './definition.ts'
import { at } from './resolve.ts'
import type { Setting } from './settings.ts'
import { sourceKeys } from './source-keys.ts'

type Values = ValuesOf<typeof sourceKeys>

/** Refuses what lacks, what nothing would read, and what contradicts each other. */
export function refuseUseless(
  file: string,
  values: Values,
  settings: readonly Setting[],
  problems: ConfigProblem[],
): void {
  const find = (key: string) =>
    settings.find((setting) => setting.key === key && setting.text !== '')
  const lacks: Find = (key, why) => {
    // Where it stands with a wrong value, that is told already.
    if (find(key) === undefined) {
      problems.push({ source: file, key, message: `is missing: ${why}` })
    }
  }
  const useless: Find = (key, why) => {
    const setting = find(key)
    if (setting !== undefined) problems.push({ ...at(setting), message: `has no effect: ${why}` })
  }
  for (const key of ['name', 'connection.url', 'table.whitelist', 'mode'] as const) {
    lacks(key, sourceKeys[key].doc)
  }
  if (values.mode !== undefined) refuseForMode(values.mode, { lacks, useless })
  if (values.deletedColumnName !== undefined) {
    lacks('key.column.name', 'a tombstone of deleted.column.name is for a key')
    if (values.mode === 'incrementing') {
      useless('deleted.column.name', 'mode=incrementing does not see that a row was changed')
    }
  }
  if (values.keyColumnName === undefined) useless('key.converter', 'there is no key.column.name')
  // Whether they are needed is not known where it is none.
  const isConverterWrong = problems.some(({ key }) => key === 'value.converter')
  for (const key of ['value.converter.proto.file', 'value.converter.proto.message'] as const) {
    if (isConverterWrong) continue
    if (values.valueConverter === 'protobuf') lacks(key, 'value.converter=protobuf needs it')
    else useless(key, 'it is for value.converter=protobuf')
  }
  refuseSameTopics(values, find('table.whitelist'), problems)
}

/** What is found of a key. */
type Find = (key: keyof typeof sourceKeys, why: string) => void

/** What a mode needs, and what it does not look at; of one that is missing or none nobody knows. */
function refuseForMode(
  mode: NonNullable<Values['mode']>,
  { lacks, useless }: { readonly lacks: Find; readonly useless: Find },
): void {
  const isTimed = mode.startsWith('timestamp')
  const isCounted = mode.endsWith('incrementing')
  if (isTimed) lacks('timestamp.column.name', `mode=${mode} needs it`)
  else {
    useless('timestamp.column.name', `mode=${mode} does not look at it`)
    useless('timestamp.delay.interval.ms', `mode=${mode} looks at no timestamps`)
  }
  if (isCounted) lacks('incrementing.column.name', `mode=${mode} needs it`)
  else useless('incrementing.column.name', `mode=${mode} does not look at it`)
  if (mode === 'bulk') {
    useless('validate.non.null', 'mode=bulk looks at no column')
    useless('writers.wait', 'mode=bulk reads what is there')
  }
}

function refuseSameTopics(
  { tableWhitelist = [] }: Values,
  setting: Setting | undefined,
  problems: ConfigProblem[],
): void {
  const names = tableWhitelist.map(topicPart)
  const twice = tableWhitelist.filter((table, i) => names.indexOf(topicPart(table)) !== i)
  for (const table of setting === undefined ? [] : twice) {
    const message = `${table} would be read into the topic of another table: give it a source of its own`
    problems.push({ ...at(setting!), message })
  }
}

/** What a table gives to the name of its topic: its name without the schema. */
export const topicPart = (table: string): string => table.split('.').at(-1)!
