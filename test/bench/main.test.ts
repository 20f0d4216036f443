import { describe, expect, it } from 'vitest'
import { chosenBenches } from '../../bench/main.ts'

const namesOf = (names: readonly string[]) => chosenBenches(names).map(({ name }) => name)

describe('chosenBenches', () => {
  it('takes the usual ones, without peers that are to be installed, where none is named', () => {
    expect(namesOf([])).toEqual(['hash', 'store', 'engine', 'noop'])
  })

  it('knows all peers by one name, and each kind of them by its own', () => {
    expect(namesOf(['peers'])).toEqual(['runners', 'keepers'])
    expect(namesOf(['keepers'])).toEqual(['keepers'])
  })

  it('takes each bench once, in the order of the tables', () => {
    expect(namesOf(['keepers', 'peers', 'hash'])).toEqual(['hash', 'runners', 'keepers'])
  })

  it('refuses what is no bench', () => {
    expect(() => namesOf(['hash', 'toString'])).toThrow("there is no bench 'toString'")
  })
})
