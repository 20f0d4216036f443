import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeScratchDirectory } from '../../src/executors/transfer/scratch-directory.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

it('what a killed process has left is removed by the next one, and nothing else', () => {
  const dir = temporaryDirectory()
  const dead = spawnSync('true').pid
  const old = new Date(Date.now() - 7_200_000)
  const names = [`orders-${dead}-a`, `orders-${process.pid}-b`, `others-${dead}-c`, `orders-${dead}-new`]
  for (const name of names) {
    mkdirSync(join(dir, name))
    if (!name.endsWith('new')) utimesSync(join(dir, name), old, old)
  }
  const made = makeScratchDirectory('orders-', dir)
  expect(
    readdirSync(dir)
      .map((name) => join(dir, name))
      .sort(),
  ).toEqual([...names.slice(1).map((name) => join(dir, name)), made].sort())
})
