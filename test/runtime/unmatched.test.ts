// Joins that found no row: counted per node and key, with a limit to the keys.
import { expect } from 'chai'
import { Unmatched } from '../../runtime/unmatched.ts'

describe('the count of joins without a row', () => {
  it('goes by node and key', () => {
    const unmatched = new Unmatched()
    unmatched.add('one', 'a')
    unmatched.add('one', 5, 3)
    unmatched.add('two', 'a')
    unmatched.add('one', 'a')
    expect(unmatched.list()).to.deep.equal([
      ['one', 'a', 2],
      ['one', '5', 3],
      ['two', 'a', 1],
    ])
  })

  it('starts anew when it is taken', () => {
    const unmatched = new Unmatched()
    unmatched.add('one', 'a')
    expect(unmatched.take()).to.deep.equal([['one', 'a', 1]])
    expect(unmatched.take()).to.deep.equal([])
  })

  it('counts keys beyond the first thousand of a node together', () => {
    const unmatched = new Unmatched()
    for (let key = 0; key < 1_005; key++) unmatched.add('one', key)
    unmatched.add('one', 999)
    unmatched.add('two', 'a')
    const counts = unmatched.list()
    expect(counts).to.have.length(1_002)
    expect(counts.slice(-3)).to.deep.equal([
      ['one', '999', 2],
      ['one', '(others)', 5],
      ['two', 'a', 1],
    ])
  })
})
