// What reading a row costs, by each reader: `node dist/bench/decoders.js FILE`, a file of JSON rows, one a
// line, with the fields of the police calls.
import { readFileSync } from 'node:fs'
import { nativeRowReader } from '../broker/native/row-reader.ts'
import { RecordBatchBuilder, unpack, valueOf, type RecordBatch } from '../broker/record-batch.ts'
import { serviceCall } from '../jobs/police-calls/service-call.ts'
import { json, jsonFieldsOf } from '../topology/serdes/json.ts'
import { JsonRowReader } from '../topology/serdes/json-row-reader.ts'
import { JsonScanner } from '../topology/serdes/json-scanner.ts'
import type { JsonFields } from '../topology/serdes/json-schema.ts'
import type { RowReaderFactory } from '../topology/serdes/row-reader.ts'

const ROUNDS = 9
const BATCH_ROWS = 4_096

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
for (const [name, readerOf] of readers) {
  scan(`the job's fields, ${name}`, jobFields, readerOf, batches)
  scan(`all ${Object.keys(allFields).length} fields, ${name}`, allFields, readerOf, batches)
  scan(`the job's fields, ${name}, rows one by one`, jobFields, readerOf, small)
}

function packed(rows: number): RecordBatch[] {
  const builder = new RecordBatchBuilder()
  return Array.from({ length: Math.ceil(lines.length / rows) }, (_, i) => {
    for (const line of lines.slice(i * rows, (i + 1) * rows)) {
      builder.append(null, Buffer.from(line), 0)
    }
    return unpack(builder.pack())
  })
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
