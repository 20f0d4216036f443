import { chmodSync, chownSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isOurs, ownCacheDir, readOwn } from '../../src/loading/own-cache-dir.ts'
import { runProgram } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const isRoot = process.getuid?.() === 0
const nobody = 65534

/** Makes `outer/inner/dir` in a folder of one's own. */
function folders() {
  const own = temporaryDirectory()
  const path = (...names: string[]) => join(own, ...names)
  const dir = path('outer', 'inner', 'dir')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  return { path, dir }
}

describe('a folder for code that is executed', () => {
  it('is used where nobody else can write to it, and made where it is not there', () => {
    const { dir, path } = folders()
    for (const made of [dir, join(dir, 'new'), join(dir, 'new', 'new')]) expect(isOurs(made)).toBe(true)
    expect(ownCacheDir('code', { XDG_CACHE_HOME: path('outer') })).toBe(path('outer', 'reprise', 'code'))
  })

  it.each([
    ['outer', 0o770],
    ['outer', 0o707],
    ['outer/inner', 0o720],
    ['outer/inner/dir', 0o702],
    ['outer/inner/dir', 0o1777],
  ])('is not used where others may write to %s (mode %o)', (name, mode) => {
    const { dir, path } = folders()
    chmodSync(path(name), mode)
    for (const used of [dir, join(dir, 'new')]) expect(isOurs(used)).toBe(false)
    expect(ownCacheDir('configs', { XDG_CACHE_HOME: dir })).toBeUndefined()
  })

  it('may lie in a folder of the system whose entries only their owners replace', () => {
    const { dir, path } = folders()
    chmodSync(path('outer'), 0o1777)
    expect(isOurs(dir)).toBe(true)
    expect(isOurs(path('outer', 'new'))).toBe(false)
  })

  it.each(['outer', 'outer/inner', 'outer/inner/dir'])('is not used where a link leads to it: %s', (name) => {
    const { dir, path } = folders()
    symlinkSync(path(name), path('link'))
    expect(isOurs(dir.replace(path(name), path('link')))).toBe(false)
    expect(isOurs(join(dir.replace(path(name), path('link')), 'new'))).toBe(false)
    symlinkSync('none', path('dangling'))
    expect(isOurs(path('dangling'))).toBe(false)
  })

  it.skipIf(!isRoot).each(['outer', 'outer/inner', 'outer/inner/dir'])(
    "is not used where %s is another user's",
    (name) => {
      const { dir, path } = folders()
      chownSync(path(name), nobody, nobody)
      for (const used of [dir, join(dir, 'new')]) expect(isOurs(used)).toBe(false)
    },
  )
})

describe('a file of such a folder', () => {
  it('is read where only its owner may write to it', () => {
    const { path } = folders()
    writeFileSync(path('file'), 'code', { mode: 0o600 })
    expect(readOwn(path('file')).toString()).toBe('code')
  })

  it('is not read where it is a link, no file, or open to others', async () => {
    const { path } = folders()
    writeFileSync(path('file'), 'code', { mode: 0o600 })
    symlinkSync(path('file'), path('link'))
    mkdirSync(path('folder'))
    await runProgram('mkfifo', [path('pipe')], path())
    for (const name of ['link', 'folder', 'pipe', 'none']) expect(() => readOwn(path(name))).toThrow()
    for (const mode of [0o620, 0o602]) {
      chmodSync(path('file'), mode)
      expect(() => readOwn(path('file'))).toThrow("may be somebody else's")
    }
  })

  it.skipIf(!isRoot)("is not read where it is another user's", () => {
    const { path } = folders()
    writeFileSync(path('file'), 'code', { mode: 0o600 })
    linkSync(path('file'), path('other-name'))
    chownSync(path('file'), nobody, nobody)
    for (const name of ['file', 'other-name']) expect(() => readOwn(path(name))).toThrow("may be somebody else's")
  })
})
