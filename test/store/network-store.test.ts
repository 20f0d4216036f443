import { existsSync, type StatsFs } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { describeStoreFailure, openStore } from '../../store/index.ts'
import { newDirectory } from './fixtures.ts'

const kernel = vi.hoisted(() => ({ fileSystem: 0 }))

vi.mock('node:fs', async (importActual) => {
  const actual = await importActual<typeof import('node:fs')>()
  const statfsSync = (path: string): StatsFs => ({ ...actual.statfsSync(path), type: kernel.fileSystem })
  return { ...actual, statfsSync }
})

describe('a store on a network file system', () => {
  it.each([
    ['NFS', 0x6969],
    ['SMB', 0xfe534d42],
    // As the kernel gives it where a long has 32 bits.
    ['CIFS', 0xff534d42 | 0],
    ['Ceph', 0x00c36400],
  ])('is refused in one message, and nothing is made there: %s', async (name, type) => {
    kernel.fileSystem = type
    const dir = join(newDirectory(), 'deep', 'store')
    const opened = await openStore({ dir })
    if (opened.ok) throw new Error('the store was opened')
    expect(opened.error.kind).toBe('store-refused')
    expect(describeStoreFailure(opened.error)).toContain(`network file system (${name})`)
    expect(existsSync(join(dir, '..'))).toBe(false)
  })

  it('is none where the file system is that of a local disk', async () => {
    kernel.fileSystem = 0xef53
    const opened = await openStore({ dir: join(newDirectory(), 'store') })
    if (!opened.ok) throw new Error(describeStoreFailure(opened.error))
    await opened.value.close()
  })
})
