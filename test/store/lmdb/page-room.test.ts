import { execFile } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { pageRoomOf } from '../../../store/lmdb/defects/page-room.ts'
import { programPath } from '../../rig/program.ts'
import { canMount, mountSmallDisk } from '../../rig/small-disk.ts'
import { newDirectory, noise, open, value } from '../fixtures.ts'

describe('the room at the end of an index', () => {
  it('is written before the pages that need it, and is no hole', async () => {
    const store = await open({ dir: newDirectory() })
    const { size, blocks } = statSync(join(store.dir, 'index', 'data.mdb'))
    expect(size - store.context.db.size().fileBytes).toBeGreaterThan(256 * 1024)
    expect(blocks * 512).toBeGreaterThanOrEqual(size)
  })

  it('is there for every page that a transaction writes, be its records many or large', async () => {
    const store = await open({ dir: newDirectory() })
    const path = join(store.dir, 'index', 'data.mdb')
    for (const [count, bytes] of [
      [3000, 30],
      [60, 30_000],
      [300, 2100],
      [2000, 4122],
    ] as const) {
      let before = 0
      store.context.db.write(() => {
        const table = store.context.db.table('memos-1')
        for (let n = 0; n < count; n++) table.put(noise(32, count + n), noise(bytes, n))
        before = statSync(path).size
      })
      expect(store.context.db.size().fileBytes).toBeLessThanOrEqual(before)
      expect(statSync(path).size).toBe(before)
    }
  })

  it.runIf(canMount)('is taken back where there is not enough of it, and leaves what was there', () => {
    const path = join(mountSmallDisk(1 << 20).dir, 'index')
    writeFileSync(path, noise(10_000))
    const room = pageRoomOf(path)
    expect(() => room.begin(1000, 4096, () => 0)).toThrow('ENOSPC')
    expect(readFileSync(path).equals(noise(10_000))).toBe(true)
    room.close()
  })

  it.runIf(process.platform === 'linux')('ends no process where files may not become larger', async () => {
    const dir = newDirectory()
    const paths = ['store', 'work', 'log'].map((name) => join(dir, name))
    const told = new Set<string>()
    for (const blocks of [8, 300, 420, 600, 900]) {
      const command = `ulimit -f ${blocks}; exec "$@"`
      const args = [programPath('put-and-collect'), ...paths, 'put', String(blocks)]
      const { stdout } = await promisify(execFile)('bash', ['-c', command, 'bash', process.execPath, ...args])
      for (const [line] of stdout.matchAll(/^(failed \S+|done)/gm)) told.add(line)
    }
    expect([...told].sort()).toEqual(['done', 'failed store-io:'])
    const store = await open({ dir: paths[0] ?? '', checkIndex: true })
    expect(store.repaired).toBeUndefined()
    value(store.flush())
  })
})
