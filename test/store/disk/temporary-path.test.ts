import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { isAbandonedName, isTemporaryName, ownTmpBeside, tmpBeside } from '../../../store/disk/temporary-path.ts'

it('tells what is to be renamed by its name, whoever named it, and what of that a dead process left', () => {
  const named = [tmpBeside('/job/out'), ownTmpBeside('/job/out')].map((path) => basename(path))
  expect(named.map(isTemporaryName)).toEqual([true, true])
  expect(named.map(isAbandonedName)).toEqual([false, false])
  for (const name of ['.reprise', '.reprise-7', '.reprise-7-a', 'x.reprise-7-a-1']) {
    expect(isTemporaryName(name)).toBe(false)
    expect(isAbandonedName(name)).toBe(false)
  }
  // No system gives out so high a number.
  expect(isAbandonedName(`.reprise-${2 ** 22 + 1}-h2k-1f`)).toBe(true)
})
