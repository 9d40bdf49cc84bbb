import { expect } from 'chai'
import {
  observeOperations,
  type OpenIterators,
  type StoreOperation,
} from '../../runtime/store-operations.ts'
import { MemoryKeyValueStore } from '../../state/stores/key-value-store.ts'
import { utf8 } from '../../topology/serdes/primitive.ts'

type Store = Parameters<typeof observeOperations>[0]

for (const level of ['INFO', 'DEBUG'] as const) {
  describe(`operations on a store, observed at ${level}`, () => {
    let timed: [StoreOperation, number][]
    let counted: StoreOperation[]
    let saves: number[]
    let store: MemoryKeyValueStore<string, string>
    let iterators: OpenIterators

    const observe = (of: Store): OpenIterators => {
      return observeOperations(of, {
        counter: (operation) => ({ add: () => void counted.push(operation) }),
        saved: (seconds) => void saves.push(seconds),
        ...(level === 'DEBUG' && {
          observe: (operation: StoreOperation, seconds: number) =>
            void timed.push([operation, seconds]),
        }),
      })
    }
    const expectOperations = (...expected: StoreOperation[]): void => {
      expect(counted).to.deep.equal(expected)
      const sorted = level === 'DEBUG' ? [...expected].sort() : []
      expect(timed.map(([operation]) => operation).sort()).to.deep.equal(sorted)
      for (const [, seconds] of timed) expect(seconds).to.be.at.least(0)
      // At both levels.
      expect(saves.length).to.equal(expected.filter((operation) => operation === 'flush').length)
      for (const seconds of saves) expect(seconds).to.be.within(0, 60)
    }
    const forget = (): void => {
      counted = []
      timed = []
      saves = []
    }

    beforeEach(() => {
      forget()
      store = new MemoryKeyValueStore({ name: 'a-store', key: utf8, value: utf8 })
      iterators = observe(store)
    })

    it('are told by their kind, and the store does the same as before', () => {
      store.put('a', 'one')
      expect(store.get('a')).to.equal('one')
      expect(store.putIfAbsent('a', 'two')).to.equal('one')
      store.update(store.find('a'), 'three', 5)
      expect(store.getWithTimestamp('a')).to.deep.equal({ value: 'three', timestampMs: 5 })
      expect(store.delete('a')).to.equal('three')
      expect(store.get('a')).to.equal(undefined)
      expectOperations('put', 'get', 'put', 'get', 'put', 'get', 'delete', 'get')
    })

    it('are told once of a scan, whose iterator is open until it is over or left', () => {
      for (const key of ['a', 'b', 'c']) store.put(key, key)
      forget()
      expect([...store.range('a', 'b')].map(({ key }) => key)).to.deep.equal(['a', 'b'])
      for (const { key } of store.all()) {
        expect(iterators.open).to.equal(1)
        if (key === 'b') break
      }
      expect(iterators.open).to.equal(0)
      expectOperations('range', 'all')
      const left = [store.all(), store.reverseAll()]
      expect(left.map((scan) => scan.next().done)).to.deep.equal([false, false])
      expect(iterators.open).to.equal(2)
      expect(left[0]?.return?.()).to.deep.equal({ done: true, value: undefined })
      expect(left[0]?.next()).to.deep.equal({ done: true, value: undefined })
      expect(iterators.open).to.equal(1)
    })

    it('are told of what a loop over a scan does to the store, too', () => {
      for (const key of ['a', 'b']) store.put(key, key)
      forget()
      for (const { key } of store.range()) store.get(key)
      expectOperations('range', 'get', 'get')
    })

    it('are told of saves that save something, and of what is restored', () => {
      expect(store.pack(false)).to.equal(undefined)
      store.put('a', 'one')
      const saved = store.pack(false)!
      const other = new MemoryKeyValueStore({ name: 'other', key: utf8, value: utf8 })
      observe(other)
      other.restore(saved)
      expect(other.get('a')).to.equal('one')
      expectOperations('put', 'flush', 'restore', 'get')
    })

    it('do not take a value for a scan because of what it is made of', () => {
      const value = { next: () => 'not of a scan' }
      const odd = {
        ...{ name: 'odd', rows: 0, sizeBytes: 0, changedRows: 0, removedRows: 0 },
        pack: () => undefined,
        restore: () => undefined,
        fetch: () => value,
      }
      observe(odd)
      expect(odd.fetch()).to.equal(value)
      expectOperations('fetch')
    })

    it('are told no more of one that fails than of none', () => {
      const broken = {
        ...{ name: 'broken', rows: 0, sizeBytes: 0, changedRows: 0, removedRows: 0 },
        pack: () => undefined,
        restore: () => {
          throw new Error('bytes of something else')
        },
      }
      observe(broken)
      expect(() => broken.restore()).to.throw('bytes of something else')
      expect(() => broken.restore()).to.throw('bytes of something else')
      expectOperations()
    })
  })
}
