import { existsSync, type StatsFs, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { networkMountOf } from '../../../store/disk/network-file-system.ts'
import { describeStoreFailure, openStore } from '../../../store/index.ts'
import { newDirectory } from '../fixtures.ts'

const kernel = vi.hoisted(() => ({ fileSystem: 0, mounts: '' }))

vi.mock('node:fs', async (importActual) => {
  const actual = await importActual<typeof import('node:fs')>()
  const statfsSync = (path: string): StatsFs => ({ ...actual.statfsSync(path), type: kernel.fileSystem })
  const readFileSync = (path: string, encoding: 'utf8') =>
    path === '/proc/self/mountinfo' ? kernel.mounts : actual.readFileSync(path, encoding)
  return { ...actual, statfsSync, readFileSync }
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

  it('is refused in user space, too, where the mount says what it is', async () => {
    kernel.fileSystem = 0x65735546
    const parent = newDirectory()
    const { dev } = statSync(parent, { bigint: true })
    const number = `${(dev >> 8n) & 0xfffn}:${(dev & 0xffn) | ((dev >> 12n) & 0xfff_ff00n)}`
    const mountedAs = (type: string) => `42 27 ${number} / ${parent} rw,nosuid - ${type} host:/films rw,user_id=0\n`
    kernel.mounts = mountedAs('fuse.sshfs')
    const opened = await openStore({ dir: join(parent, 'store') })
    if (opened.ok) throw new Error('the store was opened')
    expect(describeStoreFailure(opened.error)).toContain('network file system (sshfs)')
    expect(existsSync(join(parent, 'store'))).toBe(false)
    kernel.mounts = mountedAs('fuse.gocryptfs')
    const local = await openStore({ dir: join(parent, 'store') })
    if (!local.ok) throw new Error(describeStoreFailure(local.error))
    await local.value.close()
  })

  it('is told by the number of its device', () => {
    const mounts = [
      '24 1 254:0 / / rw - ext4 /dev/vda rw',
      '42 27 0:39 / /mnt/films rw - fuse.rclone films: rw,user_id=0',
      '43 27 0:300 / /mnt/more rw - fuse.sshfs host:/more rw,user_id=0',
    ].join('\n')
    const numbers: readonly (readonly [bigint, string | undefined])[] = [
      [0xfe00n, undefined],
      [39n, 'rclone'],
      [0x10_002cn, 'sshfs'],
    ]
    for (const [device, name] of numbers) expect(networkMountOf(mounts, device)).toBe(name)
  })

  it('is none where the file system is that of a local disk', async () => {
    kernel.fileSystem = 0xef53
    const opened = await openStore({ dir: join(newDirectory(), 'store') })
    if (!opened.ok) throw new Error(describeStoreFailure(opened.error))
    await opened.value.close()
  })
})
