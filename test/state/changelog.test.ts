// Where the entries of a changelog go: numbers that rise, and places that never replace what is needed.
import { expect } from 'chai'
import {
  CHANGELOG_START,
  isBehind,
  isRoomy,
  nextNumber,
  placeAfter,
  placeBeyond,
  slotAfterWhole,
  takenOver,
} from '../../state/changelog.ts'
import type { ChangelogPlace } from '../../state/changelog.ts'
import { haveOneHiddenClass } from '../support/hidden-class.ts'

const snapshot = (place: ChangelogPlace): ChangelogPlace =>
  placeAfter(place, { number: nextNumber(place), slot: place.nextSnapshot, isSnapshot: true })

describe('the places of a changelog', () => {
  it('give a snapshot the place of the one before the last', () => {
    const places: number[] = []
    let place = CHANGELOG_START
    for (let i = 0; i < 4; i++) {
      places.push(place.nextSnapshot)
      place = snapshot(place)
    }
    expect(places).to.deep.equal([0, 1, 0, 1])
  })

  it('give an heir places for snapshots that are not those of the two before it', () => {
    let place = CHANGELOG_START
    let before: readonly number[][] = [[], []]
    for (let generation = 1; generation < 10; generation++) {
      const [heir, own] = [takenOver(place, generation), [] as number[]]
      place = heir
      for (let i = 0; i <= generation % 4; i++) {
        own.push(place.nextSnapshot)
        place = snapshot(place)
      }
      for (const taken of own) expect(before.flat()).not.to.include(taken)
      before = [before[1]!, [...own, place.nextSnapshot]]
    }
  })

  it('give no heir those of the last snapshot, however many of them have written changes alone', () => {
    let place = snapshot(takenOver(CHANGELOG_START, 1))
    const taken = place.snapshot
    expect(taken).to.be.a('number')
    for (let generation = 2; generation < 20; generation++) {
      const heir = takenOver(place, generation)
      expect(heir.nextSnapshot >> 1).not.to.equal(taken! >> 1)
      const { nextSnapshot } = heir
      const left = { number: nextNumber(heir), slot: nextSnapshot, isSnapshot: true }
      const changes = { ...left, slot: heir.nextSlot, isSnapshot: false, nextSnapshot }
      place = generation % 2 === 0 ? placeAfter(heir, changes) : placeBeyond(heir, left)
    }
  })

  it('give an heir others than who it follows would take, though that one has written changes alone', () => {
    const owner = takenOver(snapshot(CHANGELOG_START), 1)
    const { nextSnapshot } = owner
    const changes = { number: nextNumber(owner), slot: owner.nextSlot, isSnapshot: false }
    const seen = placeAfter(snapshot(CHANGELOG_START), { ...changes, nextSnapshot })
    expect(takenOver(seen, 2).nextSnapshot >> 1).not.to.equal(nextSnapshot >> 1)
  })

  it('give an heir slots that are not those of who it follows, behind their snapshots and rounds, too', () => {
    const whole = (place: ChangelogPlace, isRound: boolean): ChangelogPlace => {
      const slot = isRound ? place.nextSlot : place.nextSnapshot
      const of = { number: nextNumber(place), slot, isSnapshot: !isRound }
      return placeAfter(place, { ...of, nextSlot: slotAfterWhole(place) })
    }
    let place = takenOver(CHANGELOG_START, 1)
    for (let generation = 2; generation < 200; generation++) {
      const heir = takenOver(place, generation)
      const slotsOf = (life: ChangelogPlace): number[] => {
        const slots = [life.nextSlot]
        for (const isRound of [generation % 2 === 0, true, true, generation % 3 === 0]) {
          life = whole(life, isRound)
          slots.push(life.nextSlot)
        }
        return slots
      }
      for (const slot of slotsOf(heir)) expect(slotsOf(place)).not.to.include(slot)
      place = generation % 5 === 0 ? whole(heir, generation % 2 === 0) : heir
    }
  })

  it('keep what a commit has from two ends of rounds, or a snapshot and changes, behind it, whoever goes on', () => {
    let place = CHANGELOG_START
    for (let generation = 1; generation < 100; generation++) {
      place = takenOver(place, generation)
      const slots: number[] = []
      for (let round = 0; round < 3; round++) {
        slots.push(Math.floor(place.nextSlot / 2 ** 30))
        const isSnapshot = (generation + round) % 3 === 0
        const slot = isSnapshot ? place.nextSnapshot : place.nextSlot
        const of = { number: nextNumber(place), slot, isSnapshot }
        place = placeAfter(place, { ...of, nextSlot: slotAfterWhole(place) })
      }
      expect(new Set(slots)).to.have.lengthOf(3)
      expect(place.nextSlot).to.be.lessThan(2 ** 32)
    }
  })

  it('go on where a version before this one ended', () => {
    const saved = { number: 7, nextSlot: 3, nextSnapshot: 1, offset: 20 }
    expect(snapshot(saved)).to.include({ nextSnapshot: 0, nextSlot: 0, number: 8 })
    expect(takenOver(saved, 0).nextSnapshot).to.equal(2)
  })

  it('have higher numbers for each heir, of whatever generation it is told', () => {
    let place = CHANGELOG_START
    for (const generation of [0, 5, 6, 2, -1, 2 ** 31, 0]) {
      const heir = takenOver(place, generation)
      expect(nextNumber(heir)).to.be.greaterThan(nextNumber(place) + 1_000_000)
      expect(Number.isSafeInteger(nextNumber(heir))).to.equal(true)
      place = placeAfter(heir, { number: nextNumber(heir), slot: heir.nextSlot, isSnapshot: false })
    }
  })

  it('share a hidden class: one comes with each commit', () => {
    const places = [CHANGELOG_START]
    for (let i = 0; i < 4; i++) places.push(snapshot(places[i]!))
    expect(haveOneHiddenClass(places[3]!, places[4]!)).to.equal(true)
  })

  it('tell who was assigned the store before its last heir was', () => {
    const heir = takenOver(CHANGELOG_START, 7)
    const number = nextNumber(heir)
    const place = placeAfter(heir, { number, slot: heir.nextSlot, isSnapshot: false })
    const behind = [6, 7, 8, 0].map((generation) => isBehind(place, generation))
    expect(behind).to.deep.equal([true, false, false, false])
  })

  describe('tell from where on the topic has the store whole', () => {
    const after = (place: ChangelogPlace, offset: number, ends: 'changes' | 'snapshot' | 'round') =>
      placeAfter(place, {
        number: nextNumber(place),
        slot: ends === 'changes' ? place.nextSlot : place.nextSnapshot,
        isSnapshot: ends === 'snapshot',
        ...(ends === 'round' ? { nextSlot: 0 } : {}),
        offset,
      })

    it('which is where the last snapshot lies', () => {
      const changed = after(CHANGELOG_START, 3, 'changes')
      expect(changed.whole).to.equal(undefined)
      const whole = after(after(changed, 5, 'snapshot'), 7, 'changes')
      expect(whole.whole).to.deep.equal({ offset: 5, number: 2 })
      expect(after(whole, 9, 'snapshot').whole).to.deep.equal({ offset: 9, number: 4 })
    })

    it('or where the round before the last one ended', () => {
      const first = after(after(CHANGELOG_START, 3, 'changes'), 5, 'round')
      expect(first.whole, 'it may have begun before what is known').to.equal(undefined)
      const second = after(after(first, 7, 'changes'), 9, 'round')
      expect(second.whole).to.deep.equal({ offset: 5, number: 4 })
      expect(after(second, 11, 'round').whole).to.deep.equal({ offset: 9, number: 5 })
    })

    it('which a snapshot is for the round behind it', () => {
      const place = after(after(CHANGELOG_START, 3, 'snapshot'), 5, 'round')
      expect(place.whole).to.deep.equal({ offset: 3, number: 2 })
    })

    it('not behind what may lie before it, where who writes it does not hear of offsets', () => {
      expect(snapshot({ ...CHANGELOG_START, offset: 40 }).whole).to.deep.equal({
        offset: 40,
        number: 1,
      })
    })

    it('by what was taken over alone', () => {
      const place = after(CHANGELOG_START, 3, 'snapshot')
      const left = { number: 2, slot: 1, isSnapshot: true, offset: 5 }
      expect(placeBeyond(place, left).whole).to.deep.equal({ offset: 3, number: 1 })
    })
  })

  it('have other slots for each heir, and tell when a snapshot should free them', () => {
    let place = CHANGELOG_START
    let heirs = 0
    while (isRoomy(place) && heirs < 100_000) {
      const heir = takenOver(place, heirs)
      expect(heir.nextSlot).to.be.greaterThan(place.nextSlot)
      place = placeAfter(heir, { number: nextNumber(heir), slot: heir.nextSlot, isSnapshot: false })
      heirs += 1
    }
    expect(heirs).to.be.within(450, 99_999)
    expect(place.nextSlot).to.be.lessThan(2 ** 32)
    expect(snapshot(place).nextSlot).to.equal(0)
  })
})
