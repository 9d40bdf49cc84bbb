// Stream-stream joins: each pair once, what has no partner once and late, whatever order they come in.
import { expect } from 'chai'
import fc from 'fast-check'
import { StreamRecord, type DropReason } from '../../processors/processor.ts'
import { joinBuffer, StreamJoin, type JoinTimes } from '../../processors/stream-join.ts'
import { UnmatchedStore, type JoinSide } from '../../state/stores/unmatched-store.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'

interface Input {
  readonly side: JoinSide
  readonly key: string | null
  readonly value: string | null
  readonly at: number
}

type Result = readonly [key: unknown, value: unknown, timestampMs: number]

const merge = (left: unknown, right: unknown): string =>
  `${typeof left === 'string' ? left : '-'}${typeof right === 'string' ? right : '-'}`

/** A join that can be restarted. */
class Join {
  readonly drops: DropReason[] = []
  readonly #times: JoinTimes
  readonly #outer: readonly JoinSide[]
  readonly #saved = new Map<string, Uint8Array[]>()
  #results: Result[] = []
  #stores: ReturnType<Join['makeStores']>
  #join: StreamJoin

  constructor(times: JoinTimes, outer: readonly JoinSide[]) {
    this.#times = times
    this.#outer = outer
    this.#stores = this.makeStores()
    this.#join = this.#make()
  }

  run(...inputs: readonly Input[]): Result[] {
    for (const { side, key, value, at } of inputs) {
      const record = new StreamRecord()
      record.key = key
      record.value = value
      record.timestampMs = at
      this.#join[side](record)
    }
    const results = this.#results
    this.#results = []
    return results
  }

  restart(): void {
    for (const store of Object.values(this.#stores)) {
      const saved = this.#saved.get(store.name) ?? []
      this.#saved.set(store.name, saved)
      const packed = store.pack(false)
      if (packed !== undefined) saved.push(packed.slice())
    }
    this.#stores = this.makeStores()
    for (const store of Object.values(this.#stores)) {
      for (const entry of this.#saved.get(store.name) ?? []) store.restore(entry)
    }
    this.#join = this.#make()
  }

  makeStores() {
    const times = this.#times
    return {
      left: joinBuffer('left', utf8, utf8, times),
      right: joinBuffer('right', utf8, utf8, times),
      unmatched: new UnmatchedStore({ name: 'unmatched', key: utf8, left: utf8, right: utf8 }),
    }
  }

  #make(): StreamJoin {
    const { left, right, unmatched } = this.#stores
    const isInner = this.#outer.length === 0
    const stores = { left, right, unmatched: isInner ? undefined : unmatched }
    const spec = { ...this.#times, outer: this.#outer, merge }
    return new StreamJoin(stores, spec, {
      forward: (...result) => this.#results.push(result),
      drop: (reason) => this.drops.push(reason),
      failed: (cause) => {
        throw cause
      },
    })
  }
}

/** What a join without late records comes to: all pairs, and for outer sides those without one. */
function joined(inputs: readonly Input[], times: JoinTimes, outer: readonly JoinSide[]): string[] {
  const results: string[] = []
  const matched = new Set<Input>()
  const of = (side: JoinSide): Input[] => inputs.filter((input) => input.side === side)
  for (const left of of('left')) {
    for (const right of of('right')) {
      const isNear =
        right.at >= Math.max(0, left.at - times.beforeMs) && right.at <= left.at + times.afterMs
      if (left.key !== right.key || !isNear) continue
      matched.add(left).add(right)
      results.push(`${left.value}${right.value}@${Math.max(left.at, right.at)}`)
    }
  }
  for (const input of inputs) {
    if (matched.has(input) || !outer.includes(input.side)) continue
    results.push(`${input.side === 'left' ? `${input.value}-` : `-${input.value}`}@${input.at}`)
  }
  return results.sort()
}

const at = (side: JoinSide, key: string | null, value: string | null, atMs: number): Input => ({
  side,
  key,
  value,
  at: atMs,
})

const input = fc.record({
  side: fc.constantFrom<JoinSide>('left', 'right'),
  key: fc.constantFrom('k', 'l'),
  at: fc.nat(60),
})

describe('a stream-stream join', () => {
  const kinds: Record<string, JoinSide[]> = { inner: [], left: ['left'], outer: ['left', 'right'] }
  for (const [kind, outer] of Object.entries(kinds)) {
    it(`(${kind}) comes to what a cross product comes to, over restarts`, () => {
      fc.assert(
        fc.property(
          fc.array(input, { maxLength: 25 }),
          fc.nat(15),
          fc.nat(15),
          (unnumbered, beforeMs, afterMs) => {
            const numbered = unnumbered.map((one, i) => ({ ...one, value: `${one.side[0]}${i}` }))
            // Out of order, a record of an outer side does not wait for a partner that may still come.
            const inputs =
              outer.length === 0 ? numbered : numbered.sort((one, other) => one.at - other.at)
            const times = { beforeMs, afterMs, graceMs: 100 }
            const join = new Join(times, outer)
            const results: Result[] = []
            for (const one of inputs) {
              results.push(...join.run(one))
              if (one.at % 4 === 0) join.restart()
            }
            // A later record lets out what has waited; Kafka's own clock may want two of them.
            for (const endMs of [500, 5_000]) {
              results.push(
                ...join.run(at('left', 'end', 'x', endMs), at('right', 'end', 'x', endMs)),
              )
            }
            const found = results.filter(([key]) => key !== 'end')
            const texts = found.map(([, value, atMs]) => `${String(value as string)}@${atMs}`)
            expect(texts.sort()).to.deep.equal(joined(inputs, times, outer))
            expect(join.drops).to.deep.equal([])
          },
        ),
        { numRuns: 200, seed: 8 },
      )
    })
  }

  it('puts pairs out in the order of the other side, with the later timestamp', () => {
    const join = new Join({ beforeMs: 10, afterMs: 10, graceMs: 0 }, [])
    join.run(at('right', 'k', 'b', 12), at('right', 'k', 'a', 5), at('right', 'k', 'c', 12))
    expect(join.run(at('left', 'k', 'x', 10))).to.deep.equal([
      ['k', 'xa', 10],
      ['k', 'xb', 12],
      ['k', 'xc', 12],
    ])
  })

  it('gives out what waited before the pairs of the record that lets it out, the right side first', () => {
    const join = new Join({ beforeMs: 5, afterMs: 5, graceMs: 0 }, ['left', 'right'])
    join.run(at('left', 'b', 'l', 10), at('left', 'a', 'l', 10), at('right', 'c', 'r', 10))
    join.run(at('right', 'k', 'r', 15))
    expect(join.run(at('left', 'k', 'l', 16))).to.deep.equal([
      ['c', '-r', 10],
      ['a', 'l-', 10],
      ['b', 'l-', 10],
      ['k', 'lr', 16],
    ])
  })

  it('forwards null keys of an outer side at once, and drops other nulls', () => {
    const join = new Join({ beforeMs: 5, afterMs: 5, graceMs: 0 }, ['left'])
    expect(join.run(at('left', null, 'l', 10))).to.deep.equal([[null, 'l-', 10]])
    join.run(at('right', null, 'r', 10), at('left', 'k', null, 10), at('right', null, null, 10))
    expect(join.drops).to.deep.equal(['null-key', 'null-value', 'null-key'])
  })

  it('counts records that are too old for their buffer, and keeps nothing of them', () => {
    const join = new Join({ beforeMs: 5, afterMs: 5, graceMs: 5 }, [])
    join.run(at('left', 'k', 'l', 100), at('left', 'k', 'm', 85))
    expect(join.drops).to.deep.equal(['expired-window'])
    expect(join.run(at('right', 'k', 'r', 86))).to.deep.equal([])
  })
})
