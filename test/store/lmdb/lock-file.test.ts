import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { layoutOf } from '../../../store/disk/layout.ts'
import { makeLockFile } from '../../../store/lmdb/defects/lock-file.ts'
import { newDirectory, open } from '../fixtures.ts'

const linking = vi.hoisted(() => ({ before: (_path: string) => {} }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    linkSync(existing: string, path: string) {
      linking.before(path)
      fs.linkSync(existing, path)
    },
  }
})

afterEach(() => {
  linking.before = () => {}
})

function newLayout() {
  const layout = layoutOf(newDirectory())
  for (const dir of [layout.index, layout.tmp]) mkdirSync(dir)
  return layout
}

describe('the lock file of a new index', () => {
  it('is for its owner alone, without holes, and leaves nothing under another name', async () => {
    const store = await open({ dir: newDirectory() })
    const { mode, size, blocks } = statSync(join(store.dir, 'index', 'lock.mdb'))
    expect(mode & 0o777).toBe(0o600)
    expect(blocks * 512).toBeGreaterThanOrEqual(size)
    expect(readdirSync(join(store.dir, 'tmp'))).toEqual([])
  })

  it('is the one of the process that made it meanwhile', () => {
    const layout = newLayout()
    linking.before = (path) => writeFileSync(path, 'of another')
    makeLockFile(layout)
    expect(readFileSync(join(layout.index, 'lock.mdb'), 'utf8')).toBe('of another')
    expect(readdirSync(layout.tmp)).toEqual([])
  })

  it.each([
    ['left to LMDB where there are no links', 'EPERM', undefined],
    ['not made where the system refuses', 'EIO', 'EIO'],
  ])('is %s', (_what, code, thrown) => {
    const layout = newLayout()
    linking.before = () => {
      throw Object.assign(new Error(code), { code })
    }
    if (thrown === undefined) makeLockFile(layout)
    else expect(() => makeLockFile(layout)).toThrow(thrown)
    expect([readdirSync(layout.index), readdirSync(layout.tmp)]).toEqual([[], []])
  })
})
