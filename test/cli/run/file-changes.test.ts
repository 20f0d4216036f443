import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { FileChanges } from '../../../src/cli/run/watch/file-changes.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

async function bench() {
  const dir = temporaryDirectory()
  const path = (...names: string[]) => join(dir, ...names)
  const write = (name: string, text = name) => writeFileSync(path(name), text)
  mkdirSync(path('tree/job'), { recursive: true })
  for (const name of ['a.txt', 'b.txt', 'other.txt', 'tree/in.txt']) write(name)
  const changes = new FileChanges({ ignored: () => [path('tree/job')], quietMs: 50 })
  onTestFinished(() => changes.close())
  await changes.watch([path('a.txt'), path('b.txt'), path('tree')])
  return { path, write, changes }
}

it('tells which of the watched files changed, several at once, and no other', async () => {
  const { path, write, changes } = await bench()
  write('other.txt', 'changed')
  write('a.txt', 'changed')
  write('b.txt', 'changed')
  expect(await changes.next()).toEqual([path('a.txt'), path('b.txt')])
})

it('tells of files that editors replace, and of those that go and come back', async () => {
  const { path, write, changes } = await bench()
  write('new.txt', 'replaced')
  renameSync(path('new.txt'), path('a.txt'))
  expect(await changes.next()).toEqual([path('a.txt')])
  rmSync(path('b.txt'))
  expect(await changes.next()).toEqual([path('b.txt')])
  write('b.txt', 'back')
  expect(await changes.next()).toEqual([path('b.txt')])
})

it('tells of what changes in a folder, and not of what the runs write there', async () => {
  const { path, write, changes } = await bench()
  write('tree/job/out.txt')
  write('tree/new.txt')
  expect(await changes.next()).toEqual([path('tree/new.txt')])
})

it('watches other files from a moment on', async () => {
  const { path, write, changes } = await bench()
  await changes.watch([path('other.txt')])
  write('a.txt', 'changed')
  write('other.txt', 'changed')
  expect(await changes.next()).toEqual([path('other.txt')])
})
