import { describe, expect, it } from 'vitest'
import { openerIds, openItemsIn, StepIndex, withItems } from '../../../src/core/index.ts'

describe("a step's id", () => {
  it('is filled in from the outermost item on', () => {
    expect(withItems('plan/*/es/*', ['verse', 'low'])).toBe('plan/verse/es/low')
    expect(withItems('plan/*/es/*', ['verse'])).toBe('plan/verse/es/*')
    expect(openItemsIn('plan/*/es/*', 'plan/verse/es/low')).toEqual(['verse', 'low'])
  })

  it('is meant by those that leave more open', () => {
    expect(openerIds('plan/a/*')).toEqual(['plan/*/*'])
    expect(openerIds('plan/a/b').toSorted()).toEqual(['plan/*/*', 'plan/*/b', 'plan/a/*'])
    expect(openerIds('plan')).toEqual([])
  })
})

describe('an index of steps', () => {
  const index = new StepIndex<number>()
  for (const [number, id] of ['cut', 'plan/*/es', 'plan/*/fr', 'mix/es/*', 'mix/fr/*'].entries()) index.add(id, number)

  it('finds a step of the graph by the ids that it has in a run', () => {
    const found = ['cut', 'plan/verse/fr', 'plan/*/es', 'mix/fr/low', 'cut/verse', 'plan/verse', 'other'].map((id) =>
      index.find(id),
    )
    expect(found).toEqual([0, 2, 1, 4, undefined, undefined, undefined])
  })

  it('refuses ids that could be those of another step, or whose directories are not apart', () => {
    expect(index.add('cut', 9)).toBe('cut')
    expect(index.add('cut/es', 9)).toBe('cut')
    expect(index.add('plan', 9)).toBe('plan/*/es')
    expect(index.add('plan/verse/es', 9)).toBe('plan/*/es')
    expect(index.add('mix/*/es', 9)).toBe('mix/es/*')
    expect(index.add('mix/de/*', 9)).toBeUndefined()
  })
})
