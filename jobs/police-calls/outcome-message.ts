// The protobuf form of an outcome, read from outcome.proto.
import protobufjs from 'protobufjs'
import { readFileSync } from 'node:fs'
import type { ProtobufType } from 'millrace'

/** Calls of one type with one outcome in one window. */
export interface CallsOfOutcome {
  readonly window_start: number
  readonly window_end: number
  readonly type: string
  readonly disposition: string
  readonly description: string | null
  readonly calls: number
}

const packageRoot = new URL('.', import.meta.resolve('millrace/package.json'))
const proto = readFileSync(new URL('jobs/police-calls/outcome.proto', packageRoot), 'utf8')
const { root } = protobufjs.parse(proto, { keepCase: true })
const type = root.lookupType('millrace.police.CallsOfOutcome')

export const outcomeMessage = type as unknown as ProtobufType<CallsOfOutcome>
