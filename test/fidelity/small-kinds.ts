// The kinds of case that ask one function a question, without a topology.
import { isEpochMs } from '../../processors/processor.ts'
import { murmur2, partitionFor } from '../../broker/partitioner.ts'
import { substituteTimestamp } from '../../processors/parse.ts'
import { Punctuations } from '../../processors/punctuations.ts'
import { windowsFor } from '../../topology/windows.ts'
import type { InvalidTimestamp, Serde, WindowStoreKey } from '../../index.ts'
import { metadataOf } from '../../broker/kafka/offset-metadata.ts'
import { sessionWindowed, utf8, windowed, windowStoreKey } from '../../index.ts'
import { toBytes } from '../../topology/serdes/serde.ts'
import { Unsupported, type Case, type CaseResult } from './case.ts'
import { windowsOf } from './windows.ts'

type Question = Readonly<Record<string, unknown>>

/** The answer to a case of a small kind. @throws Unsupported */
export function answer(testCase: Case): Partial<CaseResult> {
  const questions = testCase.cases ?? []
  switch (testCase.kind) {
    case 'windowsFor':
      return { cases: questions.map((one) => windowsAnswer(testCase.window, one)) }
    case 'partitioner':
      return { cases: questions.map(partitionAnswer) }
    case 'timestampExtractor':
      return { cases: questions.map(extractAnswer) }
    case 'bytes':
      return { cases: questions.map(bytesAnswer) }
    case 'punctuationQueue':
      return { calls: punctuate(testCase) }
    default:
      throw new Unsupported(`kind ${testCase.kind}`)
  }
}

function windowsAnswer(window: unknown, { ts }: Question): unknown {
  const windows = windowsOf(window)
  const at = ts as number
  if (windows.kind === 'unlimited-windows') {
    return { ts, windows: at < windows.startMs ? [] : [[windows.startMs, null]] }
  }
  if (windows.kind !== 'time-windows') throw new Unsupported(`windowsFor ${windows.kind}`)
  return { ts, windows: windowsFor(at, windows).map(({ startMs, endMs }) => [startMs, endMs]) }
}

function partitionAnswer({ key, partitions }: Question): unknown {
  const bytes = new TextEncoder().encode(key as string)
  const counts = Object.keys(partitions as object)
  const found = counts.map((count) => [count, partitionFor(bytes, Number(count))])
  return { key, murmur2: murmur2(bytes), partitions: Object.fromEntries(found) as unknown }
}

const POLICIES: Readonly<Record<string, InvalidTimestamp>> = {
  failOnInvalid: 'fail',
  logAndSkip: 'skip',
  usePartitionTime: 'partition-time',
}

function extractAnswer({ extractor, recordTs, partitionTime }: Question): unknown {
  const policy = POLICIES[extractor as string]!
  const substitute = isEpochMs(recordTs)
    ? recordTs
    : substituteTimestamp(policy, partitionTime as number, 0)
  const result = substitute ?? (policy === 'skip' ? 'skip' : 'error')
  return { extractor, recordTs, partitionTime, result }
}

function bytesAnswer(question: Question): unknown {
  const { encode, key, start, end, seq, partitionTime } = question as {
    encode: string
    key: string
    start: number
    end: number
    seq: number
    partitionTime: number
  }
  if (encode === 'partitionTimeMetadata') {
    const position = { topic: 'in', partition: 0, offset: 0, partitionTimeMs: partitionTime }
    return { ...question, base64: metadataOf(position) }
  }
  const serdes = {
    timeWindowedKey: windowed(utf8),
    sessionWindowedKey: sessionWindowed(utf8),
    windowStoreKey: windowStoreKey(utf8),
  }
  const serde = serdes[encode as keyof typeof serdes]
  if (serde === undefined) throw new Unsupported(`bytes of ${encode}`)
  const bytes = toBytes(serde as Serde<WindowStoreKey<string>>, {
    key,
    window: { startMs: start, endMs: end },
    sequence: seq,
  })
  return { ...question, hex: Buffer.from(bytes).toString('hex') }
}

function punctuate(testCase: Case): unknown {
  const { intervalMs, firstDueMs, cancelInsideFirst, calls } = testCase as unknown as {
    intervalMs: number
    firstDueMs: number
    cancelInsideFirst?: boolean
    calls: readonly { nowMs: number }[]
  }
  const punctuations = new Punctuations()
  const cancel = punctuations.schedule(firstDueMs, intervalMs, () => {
    if (cancelInsideFirst === true) cancel()
  })
  return calls.map(({ nowMs }) => ({ nowMs, fired: punctuations.punctuate(nowMs) > 0 }))
}
