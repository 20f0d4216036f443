import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import { isTemporaryName, ownTmpBeside, removeAbandoned, tmpBeside } from '../../../store/disk/temporary-path.ts'
import { newDirectory } from '../fixtures.ts'

it('tells what is to be renamed by its name, whoever named it, and leaves alone what a live process has', () => {
  const dir = newDirectory()
  const named = [tmpBeside(join(dir, 'out')), ownTmpBeside(join(dir, 'out'))]
  for (const path of named) {
    writeFileSync(path, 'half')
    expect(isTemporaryName(basename(path))).toBe(true)
  }
  for (const name of ['.reprise', '.reprise-7', '.reprise-7-a', 'x.reprise-7-a-1'])
    expect(isTemporaryName(name)).toBe(false)
  removeAbandoned(dir)
  expect(readdirSync(dir).sort()).toEqual(named.map((path) => basename(path)).sort())
  removeAbandoned(join(dir, 'none'))
})
