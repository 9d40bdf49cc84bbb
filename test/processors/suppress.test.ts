// Suppressed tables: what is held, when it goes out, and what happens when the buffer is full.
import { expect } from 'chai'
import { packHeaders } from '../../broker/record-headers.ts'
import { ProcessingError } from '../../processors/processor.ts'
import { Suppress, type Holding } from '../../processors/suppress.ts'
import { SuppressBuffer, type HeldChange } from '../../state/stores/suppress-buffer.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'

import { MaximalTime } from './windowed-results.ts'

const makeBuffer = () =>
  new SuppressBuffer<unknown, unknown>({
    name: 'held',
    key: utf8,
    value: utf8,
    topicLength: 2,
  })

const untilTime = (holdMs: number, limits: Partial<Holding> = {}): Holding => ({
  timeOf: ({ timestampMs }) => timestampMs,
  holdMs,
  isFinal: false,
  recordsMax: Infinity,
  bytesMax: Infinity,
  whenFull: 'emit-early',
  ...limits,
})

const change = (
  key: string,
  value: string | null,
  timestampMs: number,
  oldValue: string | null = null,
): HeldChange<unknown, unknown> => ({ key, value, oldValue, timestampMs })

/** A suppress operator that can be restarted. */
class Suppressed {
  readonly #spec: Holding
  readonly #saved: Uint8Array[] = []
  #out: HeldChange<unknown, unknown>[] = []
  readonly #time = new MaximalTime()
  buffer = makeBuffer()
  #suppress: Suppress

  constructor(spec: Holding) {
    this.#spec = spec
    this.#suppress = this.#make()
  }

  run(...changes: readonly HeldChange<unknown, unknown>[]): HeldChange<unknown, unknown>[] {
    for (const one of changes) this.#suppress.process(one)
    const out = this.#out
    this.#out = []
    return out
  }

  restart(): void {
    const packed = this.buffer.pack(false)
    if (packed !== undefined) this.#saved.push(packed.slice())
    this.buffer = makeBuffer()
    for (const entry of this.#saved) this.buffer.restore(entry)
    this.#suppress = this.#make()
  }

  #make(): Suppress {
    return new Suppress('held', this.buffer, this.#spec, this.#time, (one) => this.#out.push(one))
  }
}

describe('a suppressed table', () => {
  it('holds the last change of a key from when the first came, over restarts', () => {
    const held = new Suppressed(untilTime(10))
    expect(
      held.run(change('b', '1', 0), change('a', '1', 0), change('a', '2', 8, '1')),
    ).to.deep.equal([])
    held.restart()
    expect(held.buffer.priorOf('a')).to.equal(null)
    expect(held.run(change('c', '1', 10))).to.deep.equal([
      change('a', '2', 8, '1'),
      change('b', '1', 0),
    ])
    held.restart()
    expect(held.run(change('a', '3', 12, '2'))).to.deep.equal([])
    expect(held.buffer.priorOf('a')).to.equal('2')
    expect(held.buffer.priorOf('b')).to.equal(undefined)
    expect(held.run(change('z', '1', 100))).to.deep.equal([
      change('c', '1', 10),
      change('a', '3', 12, '2'),
    ])
  })

  it('holds a key anew from when it comes again, though nothing was saved in between', () => {
    const held = new Suppressed(untilTime(10))
    held.run(change('a', '1', 0))
    held.restart()
    expect(held.run(change('a', '2', 20))).to.deep.equal([change('a', '2', 20)])
    expect(held.run(change('a', '3', 21), change('a', '4', 22))).to.deep.equal([])
    held.restart()
    expect(held.run(change('b', '1', 30))).to.deep.equal([])
    expect(held.run(change('b', '2', 31))).to.deep.equal([change('a', '4', 22)])
  })

  it('lets everything through at once with a time of 0, late changes too', () => {
    const held = new Suppressed(untilTime(0))
    const changes = [change('a', '1', 10), change('b', null, 3, 'x')]
    expect(held.run(...changes)).to.deep.equal(changes)
  })

  it('gives the oldest out early when it is full', () => {
    const held = new Suppressed(untilTime(1_000, { recordsMax: 2 }))
    expect(
      held.run(change('a', '1', 5), change('b', '1', 3), change('a', '2', 6, '1')),
    ).to.deep.equal([])
    expect(held.run(change('c', '1', 9))).to.deep.equal([change('b', '1', 3)])
  })

  it('counts bytes as Kafka does: key, time, values and the place of the record', () => {
    const held = new Suppressed(untilTime(1_000))
    held.run(change('key', 'value', 5))
    const first = 3 + 8 + 5 + 20 + 2
    expect(held.buffer.bufferBytes).to.equal(first)
    held.run(change('key', 'values', 6, 'value'))
    expect(held.buffer.bufferBytes).to.equal(first + 1 + 5)
    held.restart()
    expect(held.buffer.bufferBytes).to.equal(first + 1 + 5)
    held.run(change('z', '', 2_000))
    expect(held.buffer.bufferBytes).to.equal(1 + 8 + 20 + 2)
  })

  it('counts the headers of the record as Kafka does, and gives them out, over restarts', () => {
    const headers = packHeaders([
      { key: 'tracé', value: new Uint8Array(8) },
      { key: 'none', value: null },
    ])
    const held = new Suppressed(untilTime(1_000))
    held.run({ ...change('a', '1', 5), headers }, change('b', '1', 6))
    const [plainBytes, headerBytes] = [1 + 8 + 1 + 20 + 2, 5 + 8 + 4]
    expect(held.buffer.bufferBytes).to.equal(2 * plainBytes + headerBytes)
    held.restart()
    expect(held.buffer.bufferBytes).to.equal(2 * plainBytes + headerBytes)
    expect(held.run(change('c', '1', 2_000))).to.deep.equal([
      { ...change('a', '1', 5), headers },
      change('b', '1', 6),
    ])
    expect(held.buffer.bufferBytes).to.equal(plainBytes)
  })

  it('gives out early when it holds too many bytes', () => {
    const held = new Suppressed(untilTime(1_000, { bytesMax: 70 }))
    expect(held.run(change('a', '1', 5), change('b', '1', 6))).to.deep.equal([])
    expect(held.run(change('c', '1', 7))).to.deep.equal([change('a', '1', 5)])
  })

  it('ends the run when it is full and nothing may go out early', () => {
    const held = new Suppressed(untilTime(1_000, { recordsMax: 1, whenFull: 'fail' }))
    held.run(change('a', '1', 5))
    expect(() => held.run(change('b', '1', 6)))
      .to.throw(ProcessingError, 'held: the buffer holds 2 records (at most 1)')
      .with.nested.property('cause.code', 'MILLRACE_SUPPRESS_BUFFER_FULL')
  })

  it('swallows deletions where only final results go out', () => {
    const held = new Suppressed({ ...untilTime(10), isFinal: true })
    held.run(change('a', '1', 0), change('a', null, 1, '1'), change('b', '1', 2))
    expect(held.run(change('c', '1', 12))).to.deep.equal([change('b', '1', 2)])
  })
})
