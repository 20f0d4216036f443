import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../../rig/command.ts'
import { canMount, mountSmallDisk } from '../../rig/small-disk.ts'

it.skipIf(!canMount)('cache gc says on a full disk how to make room, where the store is within its limit', async () => {
  const disk = mountSmallDisk(64 * 1024 ** 2)
  const store = join(disk.dir, 'store')
  mkdirSync(store)
  const gc = async () => (await runCommand(['cache', 'gc', '--store', store], { cwd: disk.dir })).stdout
  expect(await gc()).toBe('removed 0 results and freed 0 B\n')
  writeFileSync(join(disk.dir, 'others'), Buffer.alloc(60 * 1000 ** 2))
  expect(await gc()).toMatch(
    /^removed 0 results and freed 0 B\nthe store is within its limit of [\d.]+ MB, but only [\d.]+ MB are free on its disk;\nto make room by what was unused longest: reprise cache gc --min-free 14MB\n$/,
  )
})
