import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Blake3Hasher } from '../../../store/contract/blake3.ts'
import { describeStoreFailure } from '../../../store/contract/failure.ts'
import { demandRoom, isSystemError } from '../../../store/disk/io-failure.ts'
import { hashSmallFile } from '../../../store/hashing/hash-many.ts'
import { newDirectory, noise } from '../fixtures.ts'

function thrownBy(body: () => unknown): unknown {
  try {
    body()
  } catch (error) {
    return error
  }
  throw new Error('an error was expected')
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('an error', () => {
  const misuse = () => thrownBy(() => new Blake3Hasher().digest('no such format'))

  it('is taken for one of the system where it is, or of LMDB', () => {
    expect(isSystemError(thrownBy(() => readFileSync(join(newDirectory(), 'none'))))).toBe(true)
    expect(isSystemError(thrownBy(() => demandRoom(newDirectory(), 1e18)))).toBe(true)
    expect(isSystemError(Object.assign(new Error('MDB_CORRUPTED'), { code: -30_796 }))).toBe(true)
  })

  it('of a permission that lacks is told in words, with what to do', () => {
    const failure = { kind: 'store-io', dir: '/made-up/store', operation: 'open', code: 'EACCES' } as const
    expect(describeStoreFailure(failure)).toMatch(
      /permission denied .*; choose another store with --store or REPRISE_STORE$/,
    )
  })

  it('of a file that may not be read is told in words', () => {
    const failure = { kind: 'source-unreadable', path: '/made-up/talk.mp4', code: 'EACCES' } as const
    expect(describeStoreFailure(failure)).toBe('cannot read /made-up/talk.mp4: permission denied')
  })

  it('of a file that cannot be written names the cause', () => {
    const textOf = (code: string) => describeStoreFailure({ kind: 'target-unwritable', path: '/x.tar', code })
    expect(textOf('EROFS')).toBe('cannot write /x.tar: it is on a read-only file system')
    expect(textOf('ENOENT')).toBe('cannot write /x.tar: its parent directory does not exist')
    expect(textOf('EIO')).toBe('cannot write /x.tar (EIO)')
  })

  it('that has a code of another kind is a bug', () => {
    expect(misuse()).toMatchObject({ code: 'InvalidArg' })
    expect(isSystemError(misuse())).toBe(false)
    expect(isSystemError(thrownBy(() => statSync('with a NUL \0')))).toBe(false)
    expect(isSystemError(thrownBy(() => structuredClone(() => undefined)))).toBe(false)
    expect(isSystemError(new Error('no code'))).toBe(false)
    expect(isSystemError('ENOENT')).toBe(false)
  })

  it('of the hasher is thrown, and is no failure of the file', () => {
    const path = join(newDirectory(), 'file')
    writeFileSync(path, noise(1_000))
    const error = misuse()
    vi.spyOn(Blake3Hasher.prototype, 'update').mockImplementation(() => {
      throw error
    })
    // Of another size than expected, so that the hasher is needed.
    expect(thrownBy(() => hashSmallFile({ path, sizeBytes: 999 }))).toBe(error)
  })
})
