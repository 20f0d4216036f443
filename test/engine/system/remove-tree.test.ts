import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { removeTree, whyNotRemoved } from '../../../src/engine/system/remove-tree.ts'
import { asNobody, isRoot, nobody } from '../../rig/as-nobody.ts'
import { makeDeepTree } from '../../rig/deep-tree.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

it('removes directories that their owner may not write to, and follows no link', async () => {
  const dir = temporaryDirectory()
  const [tree, inner, other] = [join(dir, 'tree'), join(dir, 'tree/inner'), join(dir, 'other')]
  for (const path of [tree, inner, other]) mkdirSync(path)
  writeFileSync(join(inner, 'file'), 'text')
  symlinkSync(other, join(inner, 'link'))
  if (isRoot) for (const path of [dir, tree, inner, other]) chownSync(path, nobody, nobody)
  for (const path of [other, inner, tree]) chmodSync(path, 0o555)
  await asNobody(() => removeTree(tree))
  expect(existsSync(tree)).toBe(false)
  await asNobody(() => expect(() => writeFileSync(join(other, 'new'), '')).toThrow())
})

it('finds nothing wrong in there being nothing', () => {
  removeTree(join(temporaryDirectory(), 'nothing'))
})

it('removes a tree that is deeper than a path may be long', () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'deep'))
  mkdirSync(join(dir, 'kept'))
  writeFileSync(join(dir, 'kept/file'), 'kept')
  symlinkSync(join(dir, 'kept'), join(dir, 'deep/link'))
  makeDeepTree(join(dir, 'deep'))
  removeTree(join(dir, 'deep'))
  expect(existsSync(join(dir, 'deep'))).toBe(false)
  expect(readFileSync(join(dir, 'kept/file'), 'utf8')).toBe('kept')
})

it.runIf(isRoot)("says why it cannot remove what is another user's", async () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'of-root/inner'), { recursive: true })
  chownSync(dir, nobody, nobody)
  expect(await asNobody(() => whyNotRemoved(join(dir, 'of-root')))).toBe('EACCES')
  expect(existsSync(join(dir, 'of-root/inner'))).toBe(true)
})
