import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { removeTree } from '../../../src/engine/system/remove-tree.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const isRoot = process.getuid?.() === 0
const nobody = 65_534

/** Root may remove anything, and nobody else. */
function asNobody(act: () => void): void {
  if (isRoot) process.seteuid?.(nobody)
  try {
    act()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

it('removes directories that their owner may not write to, and follows no link', () => {
  const dir = temporaryDirectory()
  const [tree, inner, other] = [join(dir, 'tree'), join(dir, 'tree/inner'), join(dir, 'other')]
  for (const path of [tree, inner, other]) mkdirSync(path)
  writeFileSync(join(inner, 'file'), 'text')
  symlinkSync(other, join(inner, 'link'))
  if (isRoot) for (const path of [dir, tree, inner, other]) chownSync(path, nobody, nobody)
  for (const path of [other, inner, tree]) chmodSync(path, 0o555)
  asNobody(() => removeTree(tree))
  expect(existsSync(tree)).toBe(false)
  asNobody(() => expect(() => writeFileSync(join(other, 'new'), '')).toThrow())
})

it('finds nothing wrong in there being nothing', () => {
  removeTree(join(temporaryDirectory(), 'nothing'))
})
