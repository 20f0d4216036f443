import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requireSame, usageOf } from '../../bench/keepers/content.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bench-content-'))
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

/** Writes a directory of files, and returns its path. */
function tree(name: string, files: Readonly<Record<string, string | Buffer>>): string {
  const path = join(dir, name)
  mkdirSync(join(path, 'sub'), { recursive: true })
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content)
  return path
}

describe('usageOf', () => {
  it('counts files and bytes at any depth', () => {
    expect(usageOf(tree('a', { one: '1', 'sub/two': '22' }))).toEqual({ files: 2, bytes: 3 })
  })

  it('finds nothing where there is no directory', () => {
    expect(usageOf(join(dir, 'absent'))).toEqual({ files: 0, bytes: 0 })
  })
})

describe('requireSame', () => {
  it('is content with equal bytes', () => {
    const files = { one: '1', 'sub/two': '22' }
    expect(() => requireSame(tree('a', files), tree('b', files))).not.toThrow()
  })

  it('sees one other byte, a missing byte and one more, also behind the first block', () => {
    const bytes = Buffer.alloc(5 * 1024 * 1024, 'x')
    const expected = join(tree('a', { one: bytes }), 'one')
    const changed = Buffer.from(bytes)
    changed[bytes.length - 1] = 0
    for (const found of [changed, bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
      const path = join(tree('b', { one: found }), 'one')
      expect(() => requireSame(expected, path)).toThrow(`${path} differs from ${expected}`)
    }
  })

  it('sees a file that is missing, one more, and one of another name', () => {
    const expected = tree('a', { one: '1', 'sub/two': '22' })
    expect(() => requireSame(expected, tree('b', { one: '1' }))).toThrow('has 1 files, and not the 2 of')
    expect(() => requireSame(expected, tree('c', { one: '1', 'sub/two': '22', three: '' }))).toThrow('has 3 files')
    expect(() => requireSame(expected, tree('d', { one: '1', two: '22' }))).toThrow('has 2 files')
  })

  it('fails where nothing was put back', () => {
    const expected = tree('a', { one: '1' })
    expect(() => requireSame(expected, join(dir, 'absent'))).toThrow('has 0 files, and not the 1 of')
    expect(() => requireSame(join(expected, 'one'), join(dir, 'absent'))).toThrow('ENOENT')
  })
})
