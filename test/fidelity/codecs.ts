// How keys and values of cases become bytes: keys as UTF-8, so that stores order them as text, values as JSON.
import { json, topic, type ByteSink, type Serde, type Topic, type Windowed } from '../../index.ts'
import type { Key } from './functions.ts'

const WINDOW_BYTES = 18
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Text as UTF-8; a windowed key as its text, then 0, a letter, start and end. */
export const keySerde: Serde<Exclude<Key, null>> = {
  name: 'case-key',
  serialize(key, sink: ByteSink): void {
    const bytes = encoder.encode(typeof key === 'string' ? key : textOf(key.key))
    sink.reserve(bytes.length + WINDOW_BYTES)
    sink.bytes.set(bytes, sink.position)
    sink.position += bytes.length
    if (typeof key === 'string') return
    sink.view.setUint16(sink.position, 0x57)
    sink.view.setFloat64(sink.position + 2, key.window.startMs)
    sink.view.setFloat64(sink.position + 10, key.window.endMs)
    sink.position += WINDOW_BYTES
  },
  deserialize(bytes, start, end): string | Windowed<string> {
    const at = end - WINDOW_BYTES
    if (at < start || bytes[at] !== 0) return decoder.decode(bytes.subarray(start, end))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return {
      key: decoder.decode(bytes.subarray(start, at)),
      window: { startMs: view.getFloat64(at + 2), endMs: view.getFloat64(at + 10) },
    }
  },
}

/** A windowed key within another reads as Kafka's `Windowed.toString`. */
function textOf(key: string | Windowed<string>): string {
  if (typeof key === 'string') return key
  const { startMs, endMs } = key.window
  return `[${key.key}@${startMs}/${endMs === Infinity ? '9223372036854775807' : endMs}]`
}

export const valueSerde: Serde<unknown> = json.any<unknown>()

/** A topic of a case. */
export const caseTopic = (name: string): Topic<Exclude<Key, null>, unknown> =>
  topic(name, { key: keySerde, value: valueSerde })
