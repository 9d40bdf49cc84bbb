// What reading a row costs, by each reader: `node dist/bench/decoders.js FILE`, a file of JSON rows, one a
// line, with the fields of the police calls.
import { readFileSync } from 'node:fs'
import protobufjs from 'protobufjs'
import { nativeRowReader } from '../broker/native/row-reader.ts'
import { unpack } from '../broker/packed-batch.ts'
import { valueOf, type RecordBatch } from '../broker/record-batch.ts'
import { RecordBatchBuilder } from '../broker/record-batch-builder.ts'
import { serviceCall } from '../jobs/police-calls/service-call.ts'
import { json, jsonFieldsOf } from '../topology/serdes/json.ts'
import { JsonRowReader } from '../topology/serdes/json-row-reader.ts'
import { JsonScanner } from '../topology/serdes/json-scanner.ts'
import type { JsonFields } from '../topology/serdes/json-schema.ts'
import { protobuf, type ProtobufType } from '../topology/serdes/protobuf.ts'
import { toBytes, type Serde } from '../topology/serdes/serde.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'

const ROUNDS = 9
const BATCH_ROWS = 4_096

interface CallMessage {
  original_crime_type_name: string
  disposition: string
  call_date_time: string
}

const { root } = protobufjs.parse(
  `syntax = "proto3"; message Call {
    string original_crime_type_name = 1; string disposition = 2; string call_date_time = 3; }`,
  { keepCase: true },
)
const call = protobuf(root.lookupType('Call') as unknown as ProtobufType<CallMessage>)

const [file] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: node dist/bench/decoders.js FILE')
const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
const batches = packed(BATCH_ROWS)
const small = packed(1)
const jobFields = jsonFieldsOf(serviceCall)!
const allFields = Object.fromEntries(
  Object.keys(JSON.parse(lines[0]!) as object).map((name) => [name, json.string().optional()]),
)
const readers: [name: string, readerOf: RowReaderFactory][] = [
  ['in TypeScript', (fields) => new JsonRowReader(fields)],
]
const native = nativeRowReader()
if (native !== undefined) readers.push(['in C++', native])

measure('JSON.parse', () => {
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      const bytes = valueOf(batch, row)!
      JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
    }
  }
})
const utcFields = { ...jobFields, call_date_time: json.dateTime({ zone: 'UTC' }) }
const escaped = packed(BATCH_ROWS, lines.map(withEscape))
const shuffled = packed(BATCH_ROWS, inAnyOrder(lines))
for (const [name, readerOf] of readers) {
  scan(`the job's fields, ${name}`, jobFields, readerOf, batches)
  scan(`the job's fields, ${name}, times in UTC`, utcFields, readerOf, batches)
  scan(`the job's fields, ${name}, days in any order`, jobFields, readerOf, shuffled)
  scan(`the job's fields, ${name}, an escape a row`, jobFields, readerOf, escaped)
  scan(`all ${Object.keys(allFields).length} fields, ${name}`, allFields, readerOf, batches)
  scan(`the job's fields, ${name}, rows one by one`, jobFields, readerOf, small)
}

decode('json.any', json.any(), batches)
decode('protobuf, three fields', call, packed(BATCH_ROWS, lines.map(asMessage)))

/** Deserializes rows one by one, as `parse` does with a serde that declares no fields. */
function decode<T>(name: string, serde: Serde<T>, of: readonly RecordBatch[]): void {
  measure(name, () => {
    for (const { bytes, ends, count } of of) {
      for (let row = 0; row < count; row++) {
        serde.deserialize(bytes, ends[row * 3]!, ends[row * 3 + 1]!)
      }
    }
  })
}

function packed(rows: number, of: readonly (string | Uint8Array)[] = lines): RecordBatch[] {
  const builder = new RecordBatchBuilder()
  return Array.from({ length: Math.ceil(of.length / rows) }, (_, i) => {
    for (const line of of.slice(i * rows, (i + 1) * rows)) {
      builder.append(null, typeof line === 'string' ? Buffer.from(line) : line, 0)
    }
    return unpack(builder.pack())
  })
}

/** The row with the first letter of its type written as an escape. */
function withEscape(line: string): string {
  return line.replace(
    /("original_crime_type_name":")([^"\\])/,
    (_, before: string, letter: string) => {
      return `${before}\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
    },
  )
}

/** The same rows, far from their neighbours. */
function inAnyOrder(of: readonly string[]): string[] {
  const step = 7_919
  return of.map((_, i) => of[(i * step) % of.length]!)
}

function asMessage(line: string): Uint8Array {
  const { original_crime_type_name, disposition, call_date_time } = JSON.parse(line) as CallMessage
  return toBytes(call, { original_crime_type_name, disposition, call_date_time })
}

function scan(
  name: string,
  fields: JsonFields,
  readerOf: RowReaderFactory,
  of: readonly RecordBatch[],
): void {
  const scanner = new JsonScanner(fields, readerOf)
  measure(name, () => {
    for (const batch of of) scanner.scan(batch)
  })
}

/** Prints the median of several rounds, in nanoseconds for a row. */
function measure(name: string, run: () => void): void {
  run()
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now()
    run()
    return ((performance.now() - startedMs) * 1e6) / lines.length
  })
  rounds.sort((a, b) => a - b)
  const median = rounds[ROUNDS >> 1] ?? NaN
  process.stdout.write(`${name.padEnd(48)} ${median.toFixed(0).padStart(6)} ns\n`)
}
