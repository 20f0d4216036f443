import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../store/layout.ts'
import { makeIndexFiles } from '../../store/new-index-files.ts'
import { openLmdb } from '../../store/open-lmdb.ts'
import { newDirectory, open } from './fixtures.ts'

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
    store.memos.set('kept', 1)
    await store.close()
    const data = readFileSync(join(dir, 'index', 'data.mdb'))
    rmSync(join(dir, 'index', 'lock.mdb'))
    makeIndexFiles(layoutOf(dir))
    expect(readFileSync(join(dir, 'index', 'data.mdb')).equals(data)).toBe(true)
    expect((await open({ dir })).memos.get('kept')).toBe(1)
    expect(statSync(join(dir, 'index', 'lock.mdb')).blocks * 512).toBeGreaterThanOrEqual(65_744)
  })
})
