import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { layoutOf } from '../../../store/disk/layout.ts'
import { openLmdb } from '../../../store/lmdb/open-lmdb.ts'
import { makeIndexFiles } from '../../../store/opening/new-index-files.ts'
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

describe('the files of a new index', () => {
  it('hold what LMDB writes into its own', async () => {
    const layout = newLayout()
    makeIndexFiles(layout)
    const own = join(newDirectory(), 'own')
    await openLmdb(own, { noSubdir: false, overlappingSync: false, pageSize: 4096 }).close()
    expect(readFileSync(join(layout.index, 'data.mdb')).equals(readFileSync(join(own, 'data.mdb')))).toBe(true)
  })

  it('are for their owner alone, without holes, and leave nothing under other names', () => {
    const layout = newLayout()
    makeIndexFiles(layout)
    expect(readdirSync(layout.index).sort()).toEqual(['data.mdb', 'lock.mdb'])
    expect(readdirSync(layout.tmp)).toEqual([])
    for (const name of ['data.mdb', 'lock.mdb']) {
      const { mode, size, blocks } = statSync(join(layout.index, name))
      expect(mode & 0o777).toBe(0o600)
      expect(blocks * 512).toBeGreaterThanOrEqual(size)
    }
  })

  it('are kept where they are there, and the one that is missing is made', async () => {
    const dir = newDirectory()
    const store = await open({ dir })
    store.ledger.memos.set('kept', 1)
    await store.close()
    const data = readFileSync(join(dir, 'index', 'data.mdb'))
    rmSync(join(dir, 'index', 'lock.mdb'))
    makeIndexFiles(layoutOf(dir))
    expect(readFileSync(join(dir, 'index', 'data.mdb')).equals(data)).toBe(true)
    expect((await open({ dir })).ledger.memos.get('kept')).toBe(1)
    expect(statSync(join(dir, 'index', 'lock.mdb')).blocks * 512).toBeGreaterThanOrEqual(65_744)
  })

  it('are those of the process that made them meanwhile', () => {
    const layout = newLayout()
    linking.before = (path) => writeFileSync(path, 'of another')
    makeIndexFiles(layout)
    expect(readFileSync(join(layout.index, 'data.mdb'), 'utf8')).toBe('of another')
    expect(readdirSync(layout.tmp)).toEqual([])
  })

  it.each([
    ['left to LMDB where there are no links', 'EPERM', undefined],
    ['not made where the system refuses', 'EIO', 'EIO'],
  ])('are %s', (_what, code, thrown) => {
    const layout = newLayout()
    linking.before = () => {
      throw Object.assign(new Error(code), { code })
    }
    if (thrown === undefined) makeIndexFiles(layout)
    else expect(() => makeIndexFiles(layout)).toThrow(thrown)
    expect([readdirSync(layout.index), readdirSync(layout.tmp)]).toEqual([[], []])
  })
})
